// SPDX-License-Identifier: GPL-2.0
/*
 * First and only process of the guest in demo-dasd: its own kernel's driver
 * brings the passed-through 3390 online, formats a cylinder, finds the
 * partition, mounts its file system and copies files to and fro
 *
 * The device may be there from the start, or be plugged in later: what was
 * done before it appears is in the state of the guest that the bench keeps.
 */
#include <asm/dasd.h>

#include "nested.h"

#define ONLINE		"/sys/bus/ccw/devices/0.0.000a/online"
#define DISK		"/dev/dasda"
#define PARTITION	"/dev/dasda1"
#define FORMATTED	19	/* the cylinder to format */
#define FILE_SIZE	(256 * 1024)

static bool exists(const char *path)
{
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

static bool appears(const char *path)
{
	int i;

	for (i = 0; i < 600; i++) {
		if (exists(path))
			return true;
		usleep(100000);
	}
	return false;
}

static bool bring_online(void)
{
	return write_file(ONLINE, "1", 1) && appears(DISK);
}

/* The volume label through the block device: block 2 has it behind its key */
static bool label_is_there(void)
{
	static const uint8_t vol1[] = { 0xe5, 0xd6, 0xd3, 0xf1 };
	uint8_t block[BLOCK];
	int fd = open(DISK, O_RDONLY);
	bool good;

	if (fd < 0)
		return false;
	good = lseek(fd, 2 * BLOCK, SEEK_SET) == 2 * BLOCK &&
	       read(fd, block, BLOCK) == BLOCK &&
	       !memcmp(block, vol1, 4) && !memcmp(block + 4, vol1, 4);
	close(fd);
	return good;
}

/* Write the tracks of one cylinder anew, with empty blocks */
static bool format_cylinder(void)
{
	struct format_data_t format = {
		.start_unit = FORMATTED * HEADS,
		.stop_unit = FORMATTED * HEADS + HEADS - 1,
		.blksize = BLOCK,
		.intensity = DASD_FMT_INT_COMPAT,
	};
	int fd = open(DISK, O_RDWR);
	bool good;

	if (fd < 0)
		return false;
	good = !ioctl(fd, BIODASDDISABLE, NULL) &&
	       !ioctl(fd, BIODASDFMT, &format) &&
	       !ioctl(fd, BIODASDENABLE, NULL);
	close(fd);
	return good && appears(PARTITION);
}

/* A file that was put there from outside */
static bool read_given(uint8_t *data, uint8_t *want)
{
	pattern(1, want, FILE_SIZE);
	return read_whole("/mnt/given", data, FILE_SIZE) &&
	       !memcmp(data, want, FILE_SIZE);
}

static bool write_files(const uint8_t *data, uint8_t *own)
{
	pattern(2, own, FILE_SIZE);
	return write_file("/mnt/copy", data, FILE_SIZE) &&
	       !mkdir("/mnt/folder", 0755) &&
	       write_file("/mnt/folder/own", own, FILE_SIZE);
}

/* Out of the page cache first, so that the volume is asked */
static bool read_again(const uint8_t *want, uint8_t *data)
{
	if (umount2("/mnt", 0) || mount(PARTITION, "/mnt", "ext2", 0, NULL))
		return false;
	return read_whole("/mnt/folder/own", data, FILE_SIZE) &&
	       !memcmp(data, want, FILE_SIZE);
}

static void use_volume(void)
{
	static uint8_t data[FILE_SIZE], want[FILE_SIZE];

	told(bring_online(), "its dasd driver brings the volume online");
	told(label_is_there(), "the volume label is read");
	told(format_cylinder(), "a cylinder is formatted, the partition found");
	mkdir("/mnt", 0755);
	told(!mount(PARTITION, "/mnt", "ext2", 0, NULL),
	     "the file system is mounted");
	told(read_given(data, want), "a file from outside is read");
	told(write_files(data, want), "files are copied and written");
	told(read_again(want, data), "and read again after a new mount");
	told(!umount2("/mnt", 0), "the file system is unmounted");
	told(write_file(ONLINE, "0", 1), "the volume is set offline");
}

int main(void)
{
	mkdir("/sys", 0755);
	mkdir("/dev", 0755);
	if (mount("sysfs", "/sys", "sysfs", 0, NULL) ||
	    mount("devtmpfs", "/dev", "devtmpfs", 0, NULL))
		told(false, "its file systems are there");
	printf("# guest: up\n");
	while (!exists(ONLINE))
		usleep(100000);
	told(true, "the device appears");
	use_volume();
	finish();
	return 0;
}
