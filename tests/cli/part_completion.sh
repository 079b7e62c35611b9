# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # variables of cli.sh
# `completion`: each script is asked what it would offer, in the shell that it is made for.

for shell in bash zsh fish; do
	call completion $shell
	cp out "completion.$shell"
	if [[ $rc == 0 && ! -s err ]] && $shell -n "completion.$shell" 2>err; then
		passed=$((passed + 1))
	else
		fail "completion $shell" "exit $rc: $(<err)"
	fi
done
refused "completion: another shell" '^vipguard: completion: found "ksh", expected bash, zsh or fish$' completion ksh
refused "completion: no shell" 'completion' completion

# What bash has after the words given; the last one is being typed. "=" is a word of its own there.
offers_bash() {
	# shellcheck disable=SC2016 # for the other shell
	bash -c 'source "$0"; COMP_WORDS=(vipguard "$@") COMP_CWORD=$#; _vipguard; printf "%s\n" "${COMPREPLY[@]%/}"' completion.bash "$@"
}

offers_fish() {
	# shellcheck disable=SC2016
	HOME=$dir fish -N -c 'source completion.fish; complete -C "$argv[1]"' "vipguard $*" | sed 's/\t.*//; s/^--[a-z-]*=//; s,/$,,'
}

# zsh completes only in its line editor: a terminal of its own is given the line and a tab, and each match is printed.
cat >zsh.capture <<'ZSH'
zmodload zsh/zpty
zpty -b child zsh -f -i
zpty -w child 'PROMPT=; stty cols 500; autoload -Uz compinit; compinit -D -u; source completion.zsh; bindkey "^I" complete-word'
zpty -w child 'compadd() { local -a hits; [[ ${@[1,(i)(-|--)]} == *-[OAD]* ]] || { builtin compadd -A hits "$@"; print -rl -- "<"${^hits}">"; }; builtin compadd "$@"; }'
zpty -w child 'ended() { print "<""end>"; exit }; comppostfuncs=(ended)'
zpty -w child 'print "<""begin>"'
zpty -r child line '*<begin>*'
zpty -n -w child "$1"$'\t'
zpty -r child line '*<end>*'
print -r -- "$line"
ZSH
offers_zsh() {
	HOME=$dir timeout 20 zsh -f zsh.capture "vipguard $*" | tr -d '\r' | grep -o '<[^<>]*>' | tr -d '<>' | grep -vx end | sed 's,/$,,'
}

# offered NAME 'WANTED...' WORD...: these, in all shells, and nothing else
offered() {
	local name=$1 wanted=$2 shell got
	shift 2
	for shell in bash zsh fish; do
		got=$("offers_$shell" "$@" 2>err | grep -vxE "help|" | sort -u | xargs)
		# zsh is given a file's folder apart from it
		if [[ $got == "$wanted" || ($shell == zsh && $got == "${wanted##*/}") ]]; then
			passed=$((passed + 1))
		else
			fail "completion, $shell: $name" "wanted $wanted" "got $got" "$(<err)"
		fi
	done
}

commands=$("$vipguard" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' | sort -u | xargs)
mapfile -t options < <("$vipguard" run --help | sed -n 's/^  [ -].[ ,] \(--[a-z-]*\).*/\1/p')
mkdir folder
touch folder/file
offered "commands" "$commands" ''
offered "one command" "evidence" ev
offered "the words of a command" "audit enforce" mode ''
offered "options of run" "$(printf '%s\n' "${options[@]}" | grep '^--me' | sort | xargs)" run --me
offered "no option of another command" "" run --objec
offered "the words of an option" "audit enforce" run --mode ''
offered "a letter that is two options: words" "json markdown text" check -o ''
offered "of another command, fewer" "json text" status -o ''
offered "a letter that is two options: a file" "folder/file" evidence -o folder/f
offered "files" "folder/file" run --assignments folder/
offered "folders" "folder" run --pin-dir fold
offered "links" "lo" run --interface lo
offered "nothing for what can be anything" "" run --node fold
