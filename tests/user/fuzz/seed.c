// SPDX-License-Identifier: GPL-2.0
/*
 * Writes the oracle's cases as inputs of the fuzzer, in literal form
 *
 * seed DIRECTORY: one file for each case, its name made from the case's
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/golden/table.h"

static uint8_t out[4096];
static size_t len;

static void put(uint64_t v, unsigned int n)
{
	while (n--)
		out[len++] = (uint8_t)(v >> 8 * n);
}

static void put_address(uint64_t iova)
{
	put(iova >> 32, 1);
	put(iova & 0xffffffff, 4);
}

static void put_image(const struct image *m)
{
	const char *hex = m->hex;
	uint8_t byte;
	size_t at;

	put_address(m->iova);
	at = len++;
	while (golden_byte(&hex, &byte))
		put(byte, 1);
	out[at] = (uint8_t)(len - at - 1);
}

static void put_step(const struct w_step *s)
{
	put(s->cmd, 1);
	put(s->bytes == W_ALL ? 0xffffff : s->bytes, 3);
	put(s->status, 1);
	put(s->flags, 1);
	put(s->check, 1);
	put(s->addresses, 1);
}

static void put_edit(const struct w_edit *e)
{
	unsigned int i;

	put(e->stage, 1);
	put_address(e->iova);
	put(e->len, 1);
	for (i = 0; i < e->len; i++)
		put(e->bytes[i], 1);
}

static void encode(const struct golden *c)
{
	unsigned int i, n;

	len = 0;
	put(0, 2);
	put(c->ctl, 4);
	put(c->cpa, 4);
	for (n = 0; n < 6 && c->map[n].npages; n++)
		;
	put(n - 1, 1);
	for (i = 0; i < n; i++) {
		put(c->map[i].iova >> 32 << 31 | (c->map[i].iova >> 12 & 0xffff),
		    4);
		put(c->map[i].npages - 1, 1);
		put(c->map[i].perm, 1);
	}
	for (n = 0; n < 8 && c->mem[n].hex; n++)
		;
	put(n, 1);
	for (i = 0; i < n; i++)
		put_image(&c->mem[i]);
	for (n = 0; n < 8 && c->step[n].status; n++)
		;
	put(n, 1);
	for (i = 0; i < n; i++)
		put_step(&c->step[i]);
	for (n = 0; n < 4 && c->edit[n].len; n++)
		;
	put(n, 1);
	for (i = 0; i < n; i++)
		put_edit(&c->edit[i]);
}

static void file_name(char *path, size_t size, const char *dir,
		      const char *name)
{
	size_t n = (size_t)snprintf(path, size, "%s/", dir);
	bool gap = false;

	for (; *name && n + 2 < size; name++) {
		if (isalnum((unsigned char)*name)) {
			if (gap)
				path[n++] = '-';
			path[n++] = (char)tolower((unsigned char)*name);
		}
		gap = !isalnum((unsigned char)*name) && path[n - 1] != '/';
	}
	path[n] = 0;
}

int main(int argc, char **argv)
{
	char path[1024];
	unsigned int i;
	FILE *file;

	if (argc != 2)
		return 2;
	for (i = 0; i < ARRAY_SIZE(goldens); i++) {
		encode(&goldens[i]);
		file_name(path, sizeof(path), argv[1], goldens[i].name);
		file = fopen(path, "wb");
		if (!file || fwrite(out, 1, len, file) != len || fclose(file))
			return 1;
	}
	return 0;
}
