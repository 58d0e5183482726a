/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the first processes of the nested guests share. They are built without a C
 * library, so that there is little to load and to translate.
 *
 * Lines that begin with "ok" or "not ok" are results; the host passes them on,
 * as it does the last line, which counts them.
 */
#ifndef NESTED_H
#define NESTED_H

#include <linux/reboot.h>
#include <stdarg.h>
#include <stdbool.h>

#include "nolibc.h"

#include "layout.h"

static unsigned int done, failed;

static void told(bool good, const char *name)
{
	done++;
	if (good) {
		printf("ok - guest: %s\n", name);
	} else {
		failed++;
		printf("not ok - guest: %s\n", name);
		printf("# errno %d\n", errno);
	}
}

/* The last lines, and the end of the guest */
static void finish(void)
{
	printf("# guest: %u done, %u failed\n", done, failed);
	printf("GUEST DONE\n");
	reboot(LINUX_REBOOT_CMD_POWER_OFF);
}

static bool write_file(const char *path, const void *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0644);
	bool good;

	if (fd < 0)
		return false;
	good = write(fd, data, size) == (ssize_t)size;
	return !close(fd) && good;
}

static bool read_whole(const char *path, uint8_t *data, size_t size)
{
	int fd = open(path, O_RDONLY);
	size_t n = 0;
	ssize_t ret = 0;

	if (fd < 0)
		return false;
	while (n < size) {
		ret = read(fd, data + n, size - n);
		if (ret <= 0)
			break;
		n += ret;
	}
	close(fd);
	return n == size;
}

#endif /* NESTED_H */
