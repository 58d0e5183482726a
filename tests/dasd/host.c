// SPDX-License-Identifier: GPL-2.0
/*
 * What the host's own driver sees of the volume
 *
 * usage: host rdc DEVICE FILE		device characteristics into FILE
 *	  host write DEVICE CYL SEED	three tracks of pattern from CYL on
 *	  host check DEVICE CYL SEED	compare three tracks with the pattern
 */
#define _GNU_SOURCE
#include <asm/dasd.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "layout.h"

#define NR_BLOCKS	(3 * BLOCKS)

static int save_characteristics(int fd, const char *path)
{
	dasd_information2_t info;
	FILE *file;

	if (ioctl(fd, BIODASDINFO2, &info)) {
		perror("BIODASDINFO2");
		return 1;
	}
	file = fopen(path, "w");
	if (!file || fwrite(info.characteristics, 64, 1, file) != 1 ||
	    fclose(file)) {
		perror(path);
		return 1;
	}
	return 0;
}

static off_t place(unsigned int cyl, unsigned int i)
{
	return (off_t)(cyl * HEADS * BLOCKS + i) * BLOCK;
}

static int write_pattern(int fd, unsigned int cyl, uint32_t seed)
{
	uint8_t block[BLOCK];
	unsigned int i;

	for (i = 0; i < NR_BLOCKS; i++) {
		pattern(seed + i, block, BLOCK);
		if (pwrite(fd, block, BLOCK, place(cyl, i)) != BLOCK) {
			perror("write");
			return 1;
		}
	}
	return fsync(fd) ? 1 : 0;
}

static int check_pattern(int fd, unsigned int cyl, uint32_t seed)
{
	uint8_t block[BLOCK], want[BLOCK];
	unsigned int i;

	for (i = 0; i < NR_BLOCKS; i++) {
		pattern(seed + i, want, BLOCK);
		if (pread(fd, block, BLOCK, place(cyl, i)) != BLOCK) {
			perror("read");
			return 1;
		}
		if (memcmp(block, want, BLOCK)) {
			fprintf(stderr, "block %u differs\n", i);
			return 1;
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	int fd;

	if (argc < 4)
		return 2;
	fd = open(argv[2], O_RDWR);
	if (fd < 0) {
		perror(argv[2]);
		return 1;
	}
	if (!strcmp(argv[1], "rdc"))
		return save_characteristics(fd, argv[3]);
	if (argc != 5)
		return 2;
	if (!strcmp(argv[1], "write"))
		return write_pattern(fd, atoi(argv[3]), atoi(argv[4]));
	if (!strcmp(argv[1], "check"))
		return check_pattern(fd, atoi(argv[3]), atoi(argv[4]));
	return 2;
}
