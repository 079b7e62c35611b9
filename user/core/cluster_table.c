/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/cluster_store.h"

void vg_table_deinit(struct vg_table *table)
{
	for (uint32_t i = 0; i < table->n; i++) {
		if (vg_table_is_object(table->objects[i]))
			free(table->objects[i]);
	}
	free(table->objects);
	vg_index_deinit(&table->keys);
	*table = (struct vg_table){ 0 };
}

bool vg_table_find(const struct vg_table *table, uint64_t hash, const char *key, uint32_t *ret_id)
{
	struct vg_index_cursor cursor = { 0 };
	struct vg_index_entry entry;

	while (vg_index_next(&table->keys, hash, &cursor, &entry)) {
		if (strcmp(table->objects[entry.id]->key, key))
			continue;
		*ret_id = entry.id;
		return true;
	}
	return false;
}

int vg_table_reserve(struct vg_table *table)
{
	/* By a quarter: of a hundred thousand pointers few lie idle. */
	uint32_t wanted = table->size + table->size / 4 + 16;
	struct vg_object **bigger;
	int r = vg_index_reserve(&table->keys, 1);

	if (r < 0 || table->n_free || table->n < table->size)
		return r;
	bigger = reallocarray(table->objects, wanted, sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	table->objects = bigger;
	table->size = wanted;
	return 0;
}

static uint32_t take_place(struct vg_table *table)
{
	uint32_t id = table->first_free;

	if (!table->n_free)
		return table->n++;
	table->first_free = (uint32_t)((uintptr_t)table->objects[id] >> 1);
	table->n_free--;
	return id;
}

uint32_t vg_table_add(struct vg_table *table, uint64_t hash, struct vg_object *object)
{
	uint32_t id = take_place(table);

	table->objects[id] = object;
	vg_index_add(&table->keys, &(struct vg_index_entry){ .hash = hash, .id = id });
	return id;
}

void vg_table_remove(struct vg_table *table, uint64_t hash, uint32_t id)
{
	vg_index_remove(&table->keys, &(struct vg_index_entry){ .hash = hash, .id = id });
	table->objects[id] = (struct vg_object *)((uintptr_t)table->first_free << 1 | 1);
	table->first_free = id;
	table->n_free++;
}
