// SPDX-License-Identifier: GPL-2.0
/*
 * The whole user space of the nested guest.
 *
 * A 3270 terminal at device 0.0.000a, or at the one that the kernel's parameter
 * TERMINAL= names, is brought online; whoever sits before it is greeted, and each
 * line typed is answered:
 *
 *   any text        "GUEST HEARD <n>: <text reversed>"
 *   flood <n>       n lines, one every few ticks; what is typed meanwhile is
 *                   thrown away
 *   count           the number of I/O interruptions so far, on the console,
 *                   after a second of silence
 *   bye             one more line, and the guest powers off before it is written
 *
 * A terminal at device 0.0.000b is set online and offline some times and stays
 * online then without I/O and without a tty, so that it can be unplugged: the
 * terminal's driver would wait for ever for I/O that is outstanding then.
 *
 * What happens is also told on the console.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

#define DEVICES		"/sys/bus/ccw/devices/"
#define TERMINAL	"0.0.000a"
#define PASSING		DEVICES "0.0.000b"
#define LINE		256

static char terminal_device[64];

static void say(const char *format, ...)
{
	va_list args;

	fputs("guest: ", stdout);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

static void nap(unsigned int ms)
{
	usleep(ms * 1000);
}

static int write_file(const char *path, const char *text)
{
	int ret = 0;
	int fd;

	fd = open(path, O_WRONLY);

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

static int set_online(const char *device, const char *online)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/online", device);
	return write_file(path, online);
}

static bool is_online(const char *device)
{
	char path[96], text = '0';
	int fd;

	snprintf(path, sizeof(path), "%s/online", device);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return false;
	if (read(fd, &text, 1) != 1)
		text = '0';
	close(fd);
	return text == '1';
}

static bool present(const char *device)
{
	return access(device, F_OK) == 0;
}

/* The terminal's device node, looked up through the class device's number. */
static int open_terminal(void)
{
	unsigned int major, minor;
	char text[32] = "";
	ssize_t length;
	dev_t number;
	int fd;

	fd = open("/sys/class/tty/3270!tty1/dev", O_RDONLY);
	if (fd < 0)
		return -1;
	length = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (length <= 0 || sscanf(text, "%u:%u", &major, &minor) != 2)
		return -1;
	number = makedev(major, minor);
	unlink("/terminal");
	if (mknod("/terminal", S_IFCHR | 0600, number) < 0)
		return -1;
	return open("/terminal", O_RDWR | O_NOCTTY);
}

static int bring_online(void)
{
	int fd, ret, tries;

	/* It stays online when the terminal is switched off and the tty hung up. */
	ret = is_online(terminal_device) ? 0 :
	      set_online(terminal_device, "1");
	if (ret) {
		say("online failed: %s", strerror(-ret));
		return -1;
	}
	for (tries = 0; tries < 100; tries++) {
		fd = open_terminal();
		if (fd >= 0)
			return fd;
		nap(50);
	}
	say("no terminal node");
	return -1;
}

static void flood(FILE *out, unsigned int lines)
{
	unsigned int i;

	say("flood of %u lines", lines);
	for (i = 1; i <= lines; i++) {
		if (fprintf(out, "FLOOD %u OF %u\r\n", i, lines) < 0 ||
		    fflush(out))
			return;
		nap(30);
	}
	tcflush(fileno(out), TCIFLUSH);
	fprintf(out, "FLOOD DONE %u\r\n", lines);
	fflush(out);
	say("flood is over");
}

/*
 * I/O interruptions that had a status, of the terminal and of the common I/O
 * layer's own programs.
 */
static void tell_count(void)
{
	unsigned long sum = 0, count;
	char line[LINE], name[16];
	FILE *file;

	nap(1000);
	file = fopen("/proc/interrupts", "r");
	if (!file)
		return;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, " %15[^:]: %lu", name, &count) == 2 &&
		    (!strcmp(name, "C70") || !strcmp(name, "CIO")))
			sum += count;
	fclose(file);
	say("interrupts: %lu", sum);
}

static void answer(FILE *out, unsigned int count, const char *line)
{
	size_t i, length = strlen(line);

	fprintf(out, "GUEST HEARD %u: ", count);
	for (i = 0; i < length; i++)
		fputc(line[length - 1 - i], out);
	fputs("\r\n", out);
	fflush(out);
}

static void power_off(FILE *out)
{
	say("power off");
	fprintf(out, "GOOD BYE\r\n");
	fflush(out);
	reboot(RB_POWER_OFF);
}

/*
 * The terminal's driver asks for the size of the screen and clears it while
 * it already takes text, so that the first greeting may not be seen for long:
 * an empty line brings another one.
 */
static void greet(FILE *out)
{
	fprintf(out, "GUEST READY: TYPE A LINE\r\n");
	fflush(out);
}

/* Serve the terminal until it goes away, or the guest is to end. */
static void serve(FILE *in, FILE *out)
{
	unsigned int count = 0, lines;
	char line[LINE];

	nap(200);
	greet(out);
	say("terminal ready");
	while (fgets(line, sizeof(line), in)) {
		line[strcspn(line, "\r\n")] = '\0';
		if (!*line) {
			greet(out);
			continue;
		}
		say("heard '%s'", line);
		if (sscanf(line, "flood %u", &lines) == 1)
			flood(out, lines);
		else if (!strcmp(line, "count"))
			tell_count();
		else if (!strcmp(line, "bye"))
			power_off(out);
		else
			answer(out, ++count, line);
	}
	say("the terminal is gone");
}

static void terminal(void)
{
	FILE *in, *out;
	int fd;

	fd = bring_online();
	if (fd < 0) {
		nap(500);
		return;
	}
	in = fdopen(fd, "r");
	out = fdopen(dup(fd), "w");
	if (in && out)
		serve(in, out);
	/* A terminal that has gone is gone only when nobody has it open. */
	if (in)
		fclose(in);
	if (out)
		fclose(out);
}

/* Online and offline, and online until it goes. */
static void passing(void)
{
	unsigned int rounds = 0;
	int ret;

	say("passing device has come");
	while (present(PASSING) && rounds < 3) {
		ret = set_online(PASSING, "1");
		if (!ret && ++rounds < 3)
			ret = set_online(PASSING, "0");
		if (ret && present(PASSING))
			say("passing device: %s", strerror(-ret));
		nap(100);
	}
	if (rounds == 3)
		say("passing device works");
	while (present(PASSING))
		nap(200);
	say("passing device has gone after %u rounds", rounds);
}

int main(void)
{
	/* What the kernel does not know is its first process's environment. */
	const char *name = getenv("TERMINAL");

	snprintf(terminal_device, sizeof(terminal_device), DEVICES "%s",
		 name ? name : TERMINAL);
	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	say("up");
	for (;;) {
		if (present(terminal_device))
			terminal();
		else if (present(PASSING))
			passing();
		else
			nap(500);
	}
}
