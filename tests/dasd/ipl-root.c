// SPDX-License-Identifier: GPL-2.0
/*
 * First process of the guest in check-ipl-long, on the root file system of the 3390
 * that the guest was loaded from. It shows so, and reads and writes files there.
 *
 * Then it uses a second volume, blank at first, with the programs of an
 * administrator: once as it was there from the start, and once as it is after it
 * was unplugged and plugged in again. For that it says what the host is to do.
 */
#include "nested.h"

#define ONLINE		"/sys/bus/ccw/devices/0.0.000b/online"
#define DISK		"/dev/dasdb"
#define PARTITION	"/dev/dasdb1"
#define LINE_SIZE	128
#define FILE_SIZE	(256 * 1024)
#define LOG		"/dev/log"

/* Seeds of files; see check-ipl-long.sh */
#define GIVEN		1
#define OWN		2
#define COLD		3
#define PLUGGED		4

static uint8_t data[FILE_SIZE], want[FILE_SIZE];

static bool read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, text, size - 1);
	close(fd);
	if (n <= 0)
		return false;
	text[n] = 0;
	if (text[n - 1] == '\n')
		text[n - 1] = 0;
	return true;
}

static bool file_is(const char *path, uint32_t seed)
{
	pattern(seed, want, FILE_SIZE);
	return read_whole(path, data, FILE_SIZE) &&
	       !memcmp(data, want, FILE_SIZE);
}

static bool make_file(const char *path, uint32_t seed)
{
	pattern(seed, data, FILE_SIZE);
	return write_file(path, data, FILE_SIZE);
}

/* The number of a device, from what sysfs says of it */
static bool number_of(const char *attribute, dev_t *number)
{
	char text[LINE_SIZE], *minor_part;

	if (!read_text(attribute, text, sizeof(text)))
		return false;
	minor_part = strchr(text, ':');
	if (!minor_part)
		return false;
	*number = atoi(text) << 8 | atoi(minor_part + 1);
	return true;
}

/* The file system at / is in the first partition of the volume */
static bool root_is_there(void)
{
	dev_t partition;
	struct stat st;

	return number_of("/sys/bus/ccw/devices/0.0.000a/block/dasda/dasda1/dev",
			 &partition) &&
	       !stat("/", &st) && st.st_dev == partition;
}

/* Nobody but zipl has them: QEMU was given none */
static bool parameters_are_there(void)
{
	char line[LINE_SIZE], wanted[LINE_SIZE];

	return read_text("/proc/cmdline", line, sizeof(line)) &&
	       read_text("/parameters", wanted, sizeof(wanted)) &&
	       !strncmp(line, wanted, strlen(wanted));
}

static void use_root(void)
{
	char line[LINE_SIZE];

	told(root_is_there(), "the root file system is that of the volume");
	told(parameters_are_there(), "the parameters are those given to zipl");
	told(read_text("/line", line, sizeof(line)), "a line is read");
	printf("%s\n", line);
	told(file_is("/given", GIVEN), "a file is read");
	told(!mount("/dev/root", "/", NULL, MS_REMOUNT, NULL) &&
	     make_file("/own", OWN), "a file is written");
	told(!mount("/dev/root", "/", NULL, MS_REMOUNT | MS_RDONLY, NULL),
	     "the root file system is read only again");
}

static bool waited_for(const char *path, bool there)
{
	struct stat st;
	int i;

	for (i = 0; i < 600; i++) {
		if (!stat(path, &st) == there)
			return true;
		usleep(100000);
	}
	return false;
}

/* The end of what a program said, as one line */
static void show_log(void)
{
	static char text[4096];
	char *from = text;
	size_t i;

	if (!read_text(LOG, text, sizeof(text)))
		return;
	if (strlen(text) > 400)
		from += strlen(text) - 400;
	for (i = 0; from[i]; i++)
		if (from[i] < ' ')
			from[i] = ' ';
	printf("# %s\n", from);
}

/* Run it with its output in a file; whether it ended without an error */
static bool ran(const char * const argv[])
{
	static char * const none[] = { NULL };
	int status = 0, fd;
	pid_t pid = fork();

	if (pid < 0)
		return false;
	if (!pid) {
		fd = open(LOG, O_WRONLY | O_CREAT | O_TRUNC, 0644);
		dup2(fd, 1);
		dup2(fd, 2);
		execve(argv[0], (char * const *)argv, none);
		exit(127);
	}
	if (waitpid(pid, &status, 0) == pid && !status)
		return true;
	printf("# %s: status %x\n", argv[0], status);
	show_log();
	return false;
}

/* The link by which dasdfmt finds a device; elsewhere udev makes it */
static bool link_device(void)
{
	char number[LINE_SIZE], path[LINE_SIZE + 16] = "/dev/block/";

	mkdir("/dev/block", 0755);
	if (!read_text("/sys/class/block/dasdb/dev", number, sizeof(number)))
		return false;
	strncat(path, number, sizeof(path) - strlen(path) - 1);
	unlink(path);
	return !symlink("../dasdb", path);
}

static bool bring_online(void)
{
	return write_file(ONLINE, "1", 1) && waited_for(DISK, true) &&
	       link_device();
}

static bool format(void)
{
	static const char * const argv[] = {
		"/sbin/dasdfmt", "-y", "-b", "4096", "-d", "cdl", "-l", "VFC002",
		DISK, NULL
	};

	return ran(argv);
}

static bool make_partition(void)
{
	static const char * const argv[] = { "/sbin/fdasd", "-a", DISK, NULL };

	return ran(argv) && waited_for(PARTITION, true);
}

static bool make_file_system(void)
{
	static const char * const argv[] = {
		"/sbin/mke2fs", "-q", "-F", "-t", "ext2", "-b", "4096", PARTITION,
		NULL
	};

	return ran(argv);
}

static bool mount_it(void)
{
	return !mount(PARTITION, "/mnt", "ext2", 0, NULL);
}

/* Out of the page cache between the two, so that the volume is asked */
static bool kept(uint32_t seed)
{
	return !umount2("/mnt", 0) && mount_it() && file_is("/mnt/own", seed);
}

/* From a volume that is offline and has whatever on it, to one that is offline
 * and has a file of SEED
 */
static void use_volume(uint32_t seed)
{
	told(bring_online(), "it is brought online");
	told(format(), "dasdfmt formats it");
	told(make_partition(), "fdasd makes a partition");
	told(make_file_system(), "mke2fs makes a file system");
	told(mount_it(), "it is mounted");
	told(make_file("/mnt/own", seed), "a file is written");
	told(kept(seed), "and read again after a new mount");
	told(!umount2("/mnt", 0), "it is unmounted");
	told(write_file(ONLINE, "0", 1), "the volume is set offline");
}

static bool unplugged(void)
{
	printf("GUEST UNPLUG\n");
	return waited_for(ONLINE, false);
}

static bool plugged(void)
{
	printf("GUEST PLUG\n");
	return waited_for(ONLINE, true);
}

/* What was written before it was unplugged */
static bool still_there(void)
{
	return bring_online() && waited_for(PARTITION, true) && mount_it() &&
	       file_is("/mnt/own", COLD) && !umount2("/mnt", 0) &&
	       write_file(ONLINE, "0", 1);
}

int main(void)
{
	told(!mount("proc", "/proc", "proc", 0, NULL) &&
	     !mount("sysfs", "/sys", "sysfs", 0, NULL) &&
	     !mount("devtmpfs", "/dev", "devtmpfs", 0, NULL),
	     "the first process of the volume runs");
	use_root();
	told(waited_for(ONLINE, true), "the second volume is there");
	use_volume(COLD);
	told(unplugged(), "the second volume is gone");
	told(plugged(), "the second volume is there again");
	told(still_there(), "with the file that was written");
	use_volume(PLUGGED);
	told(unplugged(), "it is gone again");
	finish();
	return 0;
}
