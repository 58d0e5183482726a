// SPDX-License-Identifier: GPL-2.0
/* Bytes that everybody can tell; see layout.h */
#include "layout.h"

/**
 * pattern - bytes that differ for every seed, as pattern() in volume.py
 * @seed: which
 * @buf: filled in
 * @size: bytes
 */
void pattern(uint32_t seed, void *buf, size_t size)
{
	uint8_t *p = buf;
	uint32_t i;

	for (i = 0; i < size; i++)
		p[i] = ((seed * 1000003u + i) * 2654435761u) >> 24;
}
