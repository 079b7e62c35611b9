/* SPDX-License-Identifier: Apache-2.0 */
#include "core/clue.h"

#define NAME2(name, text) [name] = text,
#define NAME3(name, text, rank) [name] = text,
#define RANK3(name, text, rank) [name] = rank,

static const char *const clues[] = { VG_CLUE_LIST(NAME3) };
static const enum vg_rank ranks[] = { VG_CLUE_LIST(RANK3) };
static const char *const rules[] = { VG_RULE_LIST(NAME2) };
static const char *const changes[] = { VG_CHANGE_LIST(NAME2) };
static const char *const remedies[] = { VG_REMEDY_LIST(NAME2) };

enum vg_rank vg_clue_rank(enum vg_clue clue)
{
	return ranks[clue];
}

const char *vg_clue_to_str(enum vg_clue clue)
{
	return clues[clue];
}

const char *vg_rule_to_str(enum vg_rule rule)
{
	return rules[rule];
}

const char *vg_change_to_str(enum vg_change change)
{
	return changes[change];
}

const char *vg_remedy_to_str(enum vg_remedy remedy)
{
	return remedies[remedy];
}
