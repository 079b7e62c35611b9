# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Who may ask: keys and certificates, tokens of ServiceAccounts, kubeconfigs, the folder a Pod finds. Part of lib.sh.

api_dir=${api_dir:-}
api_issuer=https://kubernetes.default.svc.cluster.local

# ---- keys

# api_certificate NAME SUBJECT EXTENSIONS: <api_dir>/NAME.{key,crt}, signed by the cluster's authority
api_certificate() {
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$api_dir/$1.key" -subj "$2" 2>/dev/null |
		openssl x509 -req -CA "$api_dir/ca.crt" -CAkey "$api_dir/ca.key" -days 30 -extfile <(printf '%b' "$3") -out "$api_dir/$1.crt" 2>/dev/null
}

# api_authority NAME: one of its own
api_authority() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=$1" -keyout "$api_dir/$1.key" -out "$api_dir/$1.crt" 2>/dev/null
}

# The cluster's authority, another one that signed nothing here (other.crt), the server, an admin (who may do everything), a user
# (who may do nothing), and the pair that signs tokens.
api_write_keys() {
	local client='extendedKeyUsage = clientAuth\n' host=${API_HOST:-127.0.0.1} sans
	host=${host#[}
	host=${host%]}
	sans=IP:127.0.0.1,IP:::1,IP:198.18.0.1,DNS:localhost,DNS:kubernetes.default.svc
	[[ $host =~ ^[0-9.]+$|: ]] && sans+=,IP:$host || sans+=,DNS:$host
	api_authority ca && api_authority other &&
		api_certificate server /CN=kube-apiserver "extendedKeyUsage = serverAuth\nsubjectAltName = $sans\n" &&
		api_certificate admin /O=system:masters/CN=admin "$client" &&
		api_certificate user /CN=user "$client" &&
		openssl genrsa -out "$api_dir/sa.key" 2048 2>/dev/null &&
		openssl rsa -in "$api_dir/sa.key" -pubout -out "$api_dir/sa.pub" 2>/dev/null || {
		api_say "certificates could not be made"
		return 1
	}
}

# ---- tokens

api_base64url() {
	openssl base64 -A | tr '+/' '-_' | tr -d '='
}

# api_token NAMESPACE SERVICEACCOUNT [VALID-SECONDS]: a token of an account that exists, good for an hour; a negative number makes
# one that is past its time. The server takes it until 60 s after its end.
api_token() {
	local uid exp iat claims head
	uid=$(api GET "/api/v1/namespaces/$1/serviceaccounts/$2" | jq -er .metadata.uid) || return
	iat=$(printf '%(%s)T' -1)
	exp=$((iat + ${3:-3600}))
	((exp > iat)) || iat=$exp
	claims=$(jq -nc --arg ns "$1" --arg name "$2" --arg uid "$uid" --arg iss "$api_issuer" --argjson exp "$exp" --argjson iat "$((iat - 60))" \
		'{iss: $iss, aud: [$iss], sub: "system:serviceaccount:\($ns):\($name)", exp: $exp, iat: $iat, nbf: $iat,
		  "kubernetes.io": {namespace: $ns, serviceaccount: {name: $name, uid: $uid}}}')
	head=$(printf '{"alg":"RS256","typ":"JWT"}' | api_base64url).$(printf '%s' "$claims" | api_base64url)
	printf '%s.%s\n' "$head" "$(printf '%s' "$head" | openssl dgst -sha256 -sign "$api_dir/sa.key" -binary | api_base64url)"
}

# api_token_revoke NAMESPACE SERVICEACCOUNT: deletes the account, which ends all of its tokens: the server remembers one that was
# used for up to 10 s more. A new account of that name has another uid, so old tokens stay dead.
api_token_revoke() {
	api DELETE "/api/v1/namespaces/$1/serviceaccounts/$2" >/dev/null
}

# ---- what clients read

api_base64_file() {
	openssl base64 -A -in "$1"
}

# api_kubeconfig KIND [VALUE]: one on standard output; KIND and VALUE are
#	admin, user		a client certificate, inline
#	admin-files, user-files	the same by path, the authority too
#	token TOKEN		inline
#	token-file FILE		by path
api_kubeconfig() {
	local kind=$1 ca user
	ca="certificate-authority-data: $(api_base64_file "$api_dir/ca.crt")"
	case $kind in
	admin | user)
		user="client-certificate-data: $(api_base64_file "$api_dir/$kind.crt")
    client-key-data: $(api_base64_file "$api_dir/$kind.key")"
		;;
	admin-files | user-files)
		ca="certificate-authority: $api_dir/ca.crt"
		user="client-certificate: $api_dir/${kind%-files}.crt
    client-key: $api_dir/${kind%-files}.key"
		;;
	token) user="token: $2" ;;
	token-file) user="tokenFile: $2" ;;
	*)
		api_say "kubeconfig: $kind is none of admin, user, admin-files, user-files, token, token-file"
		return 1
		;;
	esac
	cat <<-YAML
		apiVersion: v1
		kind: Config
		clusters:
		- name: test
		  cluster:
		    server: $(api_url)
		    $ca
		users:
		- name: $kind
		  user:
		    $user
		contexts:
		- name: test
		  context: {cluster: test, user: $kind}
		current-context: test
	YAML
}

# api_in_cluster DIR TOKEN [NAMESPACE]: the folder that a Pod finds its account in, laid out as kubelet does it: names that lead
# through a link, which is swapped when this is called again with another token. Prints what the Pod's environment says.
api_in_cluster() {
	local dir=$1 data name address
	mkdir -p "$dir" || return
	data=$(mktemp -d "$dir/..XXXXXXXX") && chmod 755 "$data" || return
	cp "$api_dir/ca.crt" "$data/ca.crt"
	printf '%s' "$2" >"$data/token"
	printf '%s' "${3:-kube-system}" >"$data/namespace"
	ln -s "${data##*/}" "$dir/..data_tmp" && mv -T "$dir/..data_tmp" "$dir/..data" || return
	for name in ca.crt token namespace; do
		ln -sfn "..data/$name" "$dir/$name"
	done
	for name in "$dir"/..?*; do
		[[ $name == "$data" || $name == "$dir/..data" ]] || rm -rf "$name"
	done
	address=$(<"$api_dir/address")
	echo "KUBERNETES_SERVICE_HOST=${address%:*} KUBERNETES_SERVICE_PORT=${address##*:}"
}
