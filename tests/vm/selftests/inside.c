// SPDX-License-Identifier: GPL-2.0
/*
 * What programs in a test machine share; see inside.h for what each function does.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>

#include "inside.h"

#define INJECT	"/sys/kernel/debug/s390/cio/"

int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

int tell_host(const char *text)
{
	const char *port = getenv("VM_CTL");
	int fd = open(port ? port : "", O_RDWR | O_CLOEXEC);
	char line[256];
	int len = snprintf(line, sizeof(line), "%s\n", text);

	if (fd < 0)
		return -errno;
	if (write(fd, line, len) == len)
		return fd;
	close(fd);
	return -EIO;
}

int ask_host(const char *text, int ms, char *answer, unsigned long size)
{
	struct pollfd poll_fd = { .events = POLLIN };
	char line[256];
	size_t len = 0;
	ssize_t got;

	snprintf(line, sizeof(line), "wait %s", text);
	poll_fd.fd = tell_host(line);
	if (poll_fd.fd < 0)
		return poll_fd.fd;
	do {
		got = poll(&poll_fd, 1, ms) == 1 ?
			read(poll_fd.fd, line + len,
			     sizeof(line) - 1 - len) : 0;
		len += got > 0 ? got : 0;
	} while (got > 0 && line[len - 1] != '\n');
	close(poll_fd.fd);
	line[len] = '\0';
	if (size)
		snprintf(answer, size, "%.*s", (int)strcspn(line, "\n"), line);
	return strcmp(line, "done\n") ? -EREMOTEIO : 0;
}

int report(unsigned int source, unsigned int code, unsigned int id)
{
	int tries, ret = put(INJECT "enable_inject", "1");
	char text[64];

	if (ret)
		return ret;
	snprintf(text, sizeof(text), "0 0 0 %x 0 %x %x", source, code, id);
	for (tries = 0; tries < 100000; tries++) {
		ret = put(INJECT "crw_inject", text);
		if (ret != -EBUSY)
			break;
		usleep(100);
	}
	return ret;
}

long locked_memory(void)
{
	FILE *in = fopen("/proc/self/status", "re");
	long value, sum = 0;
	char line[256];

	while (in && fgets(line, sizeof(line), in))
		if (sscanf(line, "VmLck: %ld", &value) == 1 ||
		    sscanf(line, "VmPin: %ld", &value) == 1)
			sum += value;
	if (in)
		fclose(in);
	return sum * 1024;
}

int obey_memory_limit(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		return -errno;
	data[0].effective &= ~(1u << CAP_IPC_LOCK);
	data[0].permitted &= ~(1u << CAP_IPC_LOCK);
	return syscall(SYS_capset, &header, data) ? -errno : 0;
}
