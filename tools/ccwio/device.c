// SPDX-License-Identifier: GPL-2.0
/*
 * libccwio: the device
 *
 * Owns: opening through either back end, the memory that channel programs see,
 * requests, and the wait for answers. An iova handed out here is above the
 * first page of its mapping, so that small negative offsets stay inside.
 */
#define _GNU_SOURCE
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/iommufd.h>
#include <linux/vfio.h>
#include <linux/vfio_ccw.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <dirent.h>

#include "ccwio.h"

/* Note a sentence; returns -errno as it is on entry */
static int __attribute__((format(printf, 2, 3)))
fail(struct ccwio_dev *dev, const char *format, ...)
{
	int error = errno ? errno : EIO;
	size_t used;
	va_list ap;

	va_start(ap, format);
	vsnprintf(dev->error, sizeof(dev->error), format, ap);
	va_end(ap);
	used = strlen(dev->error);
	snprintf(dev->error + used, sizeof(dev->error) - used, ": %s",
		 strerror(error));
	return -error;
}

static int open_container(struct ccwio_dev *dev)
{
	dev->container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (dev->container < 0)
		return fail(dev, "cannot open /dev/vfio/vfio");
	dev->owner = true;
	return 0;
}

static int open_group(struct ccwio_dev *dev, const char *uuid)
{
	char path[PATH_MAX], link[PATH_MAX], *name;
	ssize_t len;

	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s/iommu_group",
		 uuid);
	len = readlink(path, link, sizeof(link) - 1);
	if (len < 0)
		return fail(dev, "no mdev %s with an IOMMU group", uuid);
	link[len] = '\0';
	name = strrchr(link, '/') + 1;
	snprintf(path, sizeof(path), "/dev/vfio/%s", name);
	dev->group = open(path, O_RDWR | O_CLOEXEC);
	if (dev->group < 0)
		return fail(dev, "cannot open %s", path);
	return 0;
}

static int open_type1(struct ccwio_dev *dev,
		      const struct ccwio_options *options)
{
	int ret;

	ret = open_group(dev, options->uuid);
	if (ret)
		return ret;
	if (options->share)
		dev->container = options->share->container;
	else
		ret = open_container(dev);
	if (ret)
		return ret;
	if (ioctl(dev->group, VFIO_GROUP_SET_CONTAINER, &dev->container))
		return fail(dev, "the group does not join the container");
	if (dev->owner &&
	    ioctl(dev->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		return fail(dev, "no type 1 IOMMU for the container");
	dev->fd = ioctl(dev->group, VFIO_GROUP_GET_DEVICE_FD, options->uuid);
	if (dev->fd < 0)
		return fail(dev, "cannot open device %s", options->uuid);
	return 0;
}

static int open_cdev(struct ccwio_dev *dev, const char *uuid)
{
	char path[PATH_MAX + 280];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s/vfio-dev",
		 uuid);
	dir = opendir(path);
	if (!dir)
		return fail(dev, "no mdev %s with a VFIO device file", uuid);
	path[0] = '\0';
	while ((entry = readdir(dir)))
		if (!strncmp(entry->d_name, "vfio", 4))
			snprintf(path, sizeof(path), "/dev/vfio/devices/%s",
				 entry->d_name);
	closedir(dir);
	dev->fd = open(path, O_RDWR | O_CLOEXEC);
	if (dev->fd < 0)
		return fail(dev, "cannot open %s", path);
	return 0;
}

static int open_address_space(struct ccwio_dev *dev)
{
	struct iommu_ioas_alloc alloc = { .size = sizeof(alloc) };

	dev->container = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	if (dev->container < 0)
		return fail(dev, "cannot open /dev/iommu");
	dev->owner = true;
	if (ioctl(dev->container, IOMMU_IOAS_ALLOC, &alloc))
		return fail(dev, "no I/O address space");
	dev->ioas = alloc.out_ioas_id;
	return 0;
}

static int open_iommufd(struct ccwio_dev *dev,
			const struct ccwio_options *options)
{
	struct vfio_device_bind_iommufd bind = { .argsz = sizeof(bind) };
	struct vfio_device_attach_iommufd_pt attach = {
		.argsz = sizeof(attach),
	};
	int ret;

	ret = open_cdev(dev, options->uuid);
	if (ret)
		return ret;
	if (options->share) {
		dev->container = options->share->container;
		dev->ioas = options->share->ioas;
	} else {
		ret = open_address_space(dev);
		if (ret)
			return ret;
	}
	bind.iommufd = dev->container;
	if (ioctl(dev->fd, VFIO_DEVICE_BIND_IOMMUFD, &bind))
		return fail(dev, "cannot open device %s", options->uuid);
	attach.pt_id = dev->ioas;
	if (ioctl(dev->fd, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach))
		return fail(dev, "the device does not take the address space");
	return 0;
}

static int learn_regions(struct ccwio_dev *dev)
{
	unsigned int i;

	for (i = 0; i < CCWIO_NR_REGIONS; i++) {
		struct vfio_region_info info = {
			.argsz = sizeof(info), .index = i,
		};

		if (ioctl(dev->fd, VFIO_DEVICE_GET_REGION_INFO, &info))
			return fail(dev, "no region %u", i);
		dev->offset[i] = info.offset;
	}
	return 0;
}

static int add_events(struct ccwio_dev *dev)
{
	int i, fd, ret;

	for (i = 0; i < CCWIO_NR_IRQS; i++) {
		fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (fd < 0)
			return fail(dev, "no eventfd");
		dev->event[i] = fd;
		ret = ccwio_attach_event(dev, i, fd);
		if (ret)
			return ret;
	}
	return 0;
}

static int add_range(struct ccwio_dev *dev, uint64_t iova, size_t size)
{
	void *mem;
	int ret;

	mem = mmap(NULL, size, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED)
		return fail(dev, "no memory");
	ret = ccwio_map_memory(dev, mem, iova, size, true);
	if (ret)
		munmap(mem, size);
	return ret;
}

static int add_memory(struct ccwio_dev *dev,
		      const struct ccwio_options *options)
{
	uint64_t base = options->base ? options->base : CCWIO_BASE;
	size_t size = options->size ? options->size : CCWIO_SIZE;
	int ret;

	ret = add_range(dev, base, size);
	if (!ret)
		ret = add_range(dev, CCWIO_LOW, CCWIO_LOW_SIZE);
	if (!ret)
		ccwio_alloc_reset(dev);
	return ret;
}

/**
 * ccwio_open - open a device
 * @dev: filled in; ccwio_close() is allowed even if this fails
 * @options: see &struct ccwio_options
 *
 * Return: 0 or -errno, with a sentence in @dev->error
 */
int ccwio_open(struct ccwio_dev *dev, const struct ccwio_options *options)
{
	int ret;

	memset(dev, 0, sizeof(*dev));
	dev->backend = options->backend;
	dev->fd = -1;
	dev->container = -1;
	dev->group = -1;
	memset(dev->event, -1, sizeof(dev->event));
	errno = 0;
	if (options->backend == CCWIO_TYPE1)
		ret = open_type1(dev, options);
	else
		ret = open_iommufd(dev, options);
	if (!ret && !options->raw)
		ret = learn_regions(dev);
	if (!ret && !options->no_memory)
		ret = add_memory(dev, options);
	if (!ret && !options->no_events)
		ret = add_events(dev);
	return ret;
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/**
 * ccwio_close - give the device and everything that was mapped back
 * @dev: device
 */
void ccwio_close(struct ccwio_dev *dev)
{
	unsigned int i;

	close_one(&dev->fd);
	close_one(&dev->group);
	if (dev->owner)
		close_one(&dev->container);
	for (i = 0; i < CCWIO_NR_IRQS; i++)
		close_one(&dev->event[i]);
	for (i = 0; i < dev->nr_maps; i++)
		munmap(dev->map[i].mem, dev->map[i].size);
	dev->nr_maps = 0;
}

/**
 * ccwio_attach_event - have an irq signal an eventfd
 * @dev: device
 * @irq: which
 * @fd: the eventfd, or -1 to stop
 *
 * Return: 0 or -errno.
 */
int ccwio_attach_event(struct ccwio_dev *dev, enum ccwio_irq irq, int fd)
{
	union {
		struct vfio_irq_set set;
		char room[sizeof(struct vfio_irq_set) + sizeof(int)];
	} u = {
		.set = {
			.argsz = sizeof(u.room),
			.flags = VFIO_IRQ_SET_DATA_EVENTFD |
				 VFIO_IRQ_SET_ACTION_TRIGGER,
			.index = irq,
			.count = 1,
		},
	};

	memcpy(u.set.data, &fd, sizeof(fd));
	if (ioctl(dev->fd, VFIO_DEVICE_SET_IRQS, &u.set))
		return fail(dev, "cannot attach an eventfd to irq %d", irq);
	return 0;
}

static int map_type1(struct ccwio_dev *dev, void *mem, uint64_t iova,
		     uint64_t size, bool writeable)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ |
			 (writeable ? VFIO_DMA_MAP_FLAG_WRITE : 0),
		.vaddr = (uintptr_t)mem,
		.iova = iova,
		.size = size,
	};

	return ioctl(dev->container, VFIO_IOMMU_MAP_DMA, &map);
}

static int map_iommufd(struct ccwio_dev *dev, void *mem, uint64_t iova,
		       uint64_t size, bool writeable)
{
	struct iommu_ioas_map map = {
		.size = sizeof(map),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE |
			 (writeable ? IOMMU_IOAS_MAP_WRITEABLE : 0),
		.ioas_id = dev->ioas,
		.user_va = (uintptr_t)mem,
		.iova = iova,
		.length = size,
	};

	return ioctl(dev->container, IOMMU_IOAS_MAP, &map);
}

/**
 * ccwio_map_memory - make memory visible to channel programs
 * @dev: device
 * @mem: page-aligned memory, from mmap(); ccwio_close() and
 *	ccwio_unmap_memory() unmap it here, too
 * @iova: page-aligned address for channel programs
 * @size: bytes, whole pages
 * @writeable: whether the channel may store into it
 *
 * Return: 0 or -errno.
 */
int ccwio_map_memory(struct ccwio_dev *dev, void *mem, uint64_t iova,
		     uint64_t size, bool writeable)
{
	int ret;

	errno = ENOSPC;
	if (dev->nr_maps == CCWIO_MAX_MAPS)
		return fail(dev, "too many mappings");
	if (dev->backend == CCWIO_TYPE1)
		ret = map_type1(dev, mem, iova, size, writeable);
	else
		ret = map_iommufd(dev, mem, iova, size, writeable);
	if (ret)
		return fail(dev, "cannot map 0x%llx",
			    (unsigned long long)iova);
	dev->map[dev->nr_maps++] = (struct ccwio_map){
		.iova = iova, .size = size, .mem = mem,
	};
	return 0;
}

static int unmap_backend(struct ccwio_dev *dev, uint64_t iova, uint64_t size)
{
	struct vfio_iommu_type1_dma_unmap type1 = {
		.argsz = sizeof(type1), .iova = iova, .size = size,
	};
	struct iommu_ioas_unmap unmap = {
		.size = sizeof(unmap), .ioas_id = dev->ioas,
		.iova = iova, .length = size,
	};

	if (dev->backend == CCWIO_TYPE1)
		return ioctl(dev->container, VFIO_IOMMU_UNMAP_DMA, &type1);
	return ioctl(dev->container, IOMMU_IOAS_UNMAP, &unmap);
}

/**
 * ccwio_unmap_memory - take memory away from channel programs
 * @dev: device
 * @iova: as given to ccwio_map_memory()
 * @size: as given to ccwio_map_memory()
 *
 * Return: 0 or -errno.
 */
int ccwio_unmap_memory(struct ccwio_dev *dev, uint64_t iova, uint64_t size)
{
	unsigned int i;

	if (unmap_backend(dev, iova, size))
		return fail(dev, "cannot unmap 0x%llx",
			    (unsigned long long)iova);
	for (i = 0; i < dev->nr_maps; i++) {
		if (dev->map[i].iova != iova)
			continue;
		munmap(dev->map[i].mem, dev->map[i].size);
		dev->map[i] = dev->map[--dev->nr_maps];
		break;
	}
	return 0;
}

static uint64_t take(uint64_t *next, size_t size, size_t align)
{
	uint64_t iova = (*next + align - 1) / align * align;

	*next = iova + size;
	return iova;
}

/**
 * ccwio_alloc - room for a program or data
 * @dev: device
 * @size: bytes
 * @align: its alignment, 1 or more
 *
 * Return: its iova
 */
uint64_t ccwio_alloc(struct ccwio_dev *dev, size_t size, size_t align)
{
	return take(&dev->next, size, align);
}

/**
 * ccwio_alloc_low - room below 16 MiB, for format-0 CCWs
 * @dev: device
 * @size: bytes
 * @align: its alignment, 1 or more
 *
 * Return: its iova
 */
uint64_t ccwio_alloc_low(struct ccwio_dev *dev, size_t size, size_t align)
{
	return take(&dev->next_low, size, align);
}

/**
 * ccwio_alloc_reset - forget everything that was allocated
 * @dev: device
 */
void ccwio_alloc_reset(struct ccwio_dev *dev)
{
	dev->next = dev->map[0].iova + 4096;
	dev->next_low = CCWIO_LOW + 4096;
}

/**
 * ccwio_mem - the memory behind an iova
 * @dev: device
 * @iova: address
 *
 * Return: pointer, or NULL when nothing is mapped there
 */
void *ccwio_mem(struct ccwio_dev *dev, uint64_t iova)
{
	const struct ccwio_map *map;
	unsigned int i;

	for (i = 0; i < dev->nr_maps; i++) {
		map = &dev->map[i];
		if (iova >= map->iova && iova - map->iova < map->size)
			return map->mem + (iova - map->iova);
	}
	return NULL;
}

static int write_io(struct ccwio_dev *dev, const struct ccwio_orb *orb,
		    uint32_t scsw)
{
	struct ccw_io_region region = { 0 };
	uint32_t words[3] = {
		htobe32(orb->intparm), htobe32(orb->ctl), htobe32(orb->cpa),
	};
	ssize_t ret;

	scsw = htobe32(scsw);
	memcpy(region.orb_area, words, sizeof(words));
	memcpy(region.scsw_area, &scsw, sizeof(scsw));
	ret = pwrite(dev->fd, &region, sizeof(region),
		     dev->offset[CCWIO_REGION_IO]);
	if (ret < 0)
		return -errno;
	return ret == sizeof(region) ? 0 : -EIO;
}

/**
 * ccwio_start - START SUBCHANNEL through the I/O region
 * @dev: device
 * @orb: what to start
 *
 * Return: 0 or -errno.
 */
int ccwio_start(struct ccwio_dev *dev, const struct ccwio_orb *orb)
{
	return write_io(dev, orb, CCWIO_FC_START);
}

/**
 * ccwio_resume_io - RESUME SUBCHANNEL through the I/O region, as a VMM does
 * @dev: device
 * @orb: that of the suspended program
 *
 * Return: 0 or -errno.
 */
int ccwio_resume_io(struct ccwio_dev *dev, const struct ccwio_orb *orb)
{
	return write_io(dev, orb,
			CCWIO_FC_START | CCWIO_AC_RESUME | CCWIO_AC_SUSP);
}

/**
 * ccwio_command - a request through the command region
 * @dev: device
 * @command: CCWIO_CMD_*
 *
 * Return: 0 or -errno.
 */
int ccwio_command(struct ccwio_dev *dev, uint32_t command)
{
	struct ccw_cmd_region region = { .command = command };

	if (pwrite(dev->fd, &region, sizeof(region),
		   dev->offset[CCWIO_REGION_CMD]) < 0)
		return -errno;
	return 0;
}

/**
 * ccwio_reset - reset the device
 * @dev: device
 *
 * Return: 0 or -errno.
 */
int ccwio_reset(struct ccwio_dev *dev)
{
	return ioctl(dev->fd, VFIO_DEVICE_RESET) ? -errno : 0;
}

/**
 * ccwio_decode_irb - from 96 bytes of storage to a structure
 * @bytes: big-endian, as in irb_area
 * @irb: the result
 */
void ccwio_decode_irb(const uint8_t bytes[96], struct ccwio_irb *irb)
{
	uint32_t word[8];
	unsigned int i;

	memcpy(word, bytes, sizeof(word));
	for (i = 0; i < 8; i++)
		word[i] = be32toh(word[i]);
	irb->scsw.ctl = word[0];
	irb->scsw.cpa = word[1];
	irb->scsw.dev = word[2] >> 24;
	irb->scsw.sch = word[2] >> 16;
	irb->scsw.count = word[2];
	memcpy(irb->esw, word + 3, sizeof(irb->esw));
	memcpy(irb->ecw, bytes + 32, sizeof(irb->ecw));
	memcpy(irb->emw, bytes + 64, sizeof(irb->emw));
}

/**
 * ccwio_read_irb - read the I/O region, which takes the status in it
 * @dev: device
 * @irb: what irb_area held
 *
 * Return: 0 or -errno.
 */
int ccwio_read_irb(struct ccwio_dev *dev, struct ccwio_irb *irb)
{
	struct ccw_io_region region;
	ssize_t ret;

	ret = pread(dev->fd, &region, sizeof(region),
		    dev->offset[CCWIO_REGION_IO]);
	if (ret != sizeof(region))
		return ret < 0 ? -errno : -EIO;
	ccwio_decode_irb(region.irb_area, irb);
	return 0;
}

/**
 * ccwio_read_schib - the subchannel as STORE SUBCHANNEL shows it
 * @dev: device
 * @schib: the result, big-endian
 *
 * Return: 0 or -errno.
 */
int ccwio_read_schib(struct ccwio_dev *dev, uint8_t schib[52])
{
	ssize_t ret = pread(dev->fd, schib, 52,
			    dev->offset[CCWIO_REGION_SCHIB]);

	return ret == 52 ? 0 : ret < 0 ? -errno : -EIO;
}

/**
 * ccwio_read_crw - take the oldest channel-report word
 * @dev: device
 * @crw: the result, 0 if there is none
 *
 * Return: 0 or -errno.
 */
int ccwio_read_crw(struct ccwio_dev *dev, uint32_t *crw)
{
	struct ccw_crw_region region;
	ssize_t ret = pread(dev->fd, &region, sizeof(region),
			    dev->offset[CCWIO_REGION_CRW]);

	if (ret != sizeof(region))
		return ret < 0 ? -errno : -EIO;
	*crw = region.crw;
	return 0;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/**
 * ccwio_wait - wait for any status
 * @dev: device with eventfds
 * @timeout_ms: how long, in milliseconds
 * @irb: the status
 *
 * A notification whose status has been cleared away meanwhile is not one.
 *
 * Return: 1 with status, 0 when the time is over, or -errno
 */
int ccwio_wait(struct ccwio_dev *dev, int timeout_ms, struct ccwio_irb *irb)
{
	struct pollfd poll_fd = {
		.fd = dev->event[CCWIO_IRQ_IO], .events = POLLIN,
	};
	int64_t end = now_ms() + timeout_ms, left;
	uint64_t count;
	int ret;

	for (;;) {
		left = end - now_ms();
		ret = poll(&poll_fd, 1, left > 0 ? left : 0);
		if (ret < 0 && errno == EINTR)
			continue;
		if (ret <= 0)
			return ret ? -errno : 0;
		if (read(poll_fd.fd, &count, sizeof(count)) < 0)
			continue;
		ret = ccwio_read_irb(dev, irb);
		if (ret || irb->scsw.ctl & CCWIO_SC_PEND)
			return ret ? ret : 1;
	}
}

/**
 * ccwio_is_unsolicited - whether status answers no request
 * @irb: status
 *
 * PoP chapter 16: alert status alone, no function, no deferred condition code.
 *
 * Return: true if it is.
 */
bool ccwio_is_unsolicited(const struct ccwio_irb *irb)
{
	uint32_t ctl = irb->scsw.ctl;

	return (ctl & 0x1f) == (CCWIO_SC_ALERT | CCWIO_SC_PEND) &&
	       !(ctl & 0x7000) && !(ctl & 0x03000000);
}

/**
 * ccwio_is_intermediate - whether the function goes on after this status
 * @irb: status
 *
 * Return: true if it is.
 */
bool ccwio_is_intermediate(const struct ccwio_irb *irb)
{
	return (irb->scsw.ctl & 0x1f) == (CCWIO_SC_INTER | CCWIO_SC_PEND);
}

/**
 * ccwio_answer - wait for the answer to a request
 * @dev: device with eventfds
 * @timeout_ms: how long, in milliseconds
 * @irb: the answer, intermediate or not
 *
 * Unsolicited status on the way is counted and kept in @dev.
 *
 * Return: 1 with the answer, 0 when the time is over, or -errno
 */
int ccwio_answer(struct ccwio_dev *dev, int timeout_ms, struct ccwio_irb *irb)
{
	int64_t end = now_ms() + timeout_ms, left;
	int ret;

	for (;;) {
		left = end - now_ms();
		ret = ccwio_wait(dev, left > 0 ? left : 0, irb);
		if (ret <= 0 || !ccwio_is_unsolicited(irb))
			return ret;
		dev->unsolicited++;
		dev->last_unsolicited = *irb;
	}
}

static void *mem_or_die(struct ccwio_dev *dev, uint64_t iova)
{
	void *mem = ccwio_mem(dev, iova);

	if (!mem) {
		fprintf(stderr, "ccwio: nothing is mapped at 0x%llx\n",
			(unsigned long long)iova);
		abort();
	}
	return mem;
}

/**
 * ccwio_put_ccw - store a CCW
 * @dev: device
 * @iova: where
 * @format: 0 or 1
 * @cmd: command code
 * @cda: data address; 24 bits in format 0
 * @count: byte count
 * @flags: CCWIO_CD and so on
 */
void ccwio_put_ccw(struct ccwio_dev *dev, uint64_t iova, int format,
		   uint8_t cmd, uint32_t cda, uint16_t count, uint8_t flags)
{
	uint8_t *p = mem_or_die(dev, iova);

	if (format) {
		uint8_t ccw[8] = {
			cmd, flags, count >> 8, count,
			cda >> 24, cda >> 16, cda >> 8, cda,
		};

		memcpy(p, ccw, sizeof(ccw));
	} else {
		uint8_t ccw[8] = {
			cmd, cda >> 16, cda >> 8, cda,
			flags, 0, count >> 8, count,
		};

		memcpy(p, ccw, sizeof(ccw));
	}
}

/**
 * ccwio_put_word - store a word, such as a format-1 IDAW
 * @dev: device
 * @iova: where
 * @word: value
 */
void ccwio_put_word(struct ccwio_dev *dev, uint64_t iova, uint32_t word)
{
	word = htobe32(word);
	memcpy(mem_or_die(dev, iova), &word, sizeof(word));
}

/**
 * ccwio_put_doubleword - store a doubleword, such as a format-2 IDAW
 * @dev: device
 * @iova: where
 * @doubleword: value
 */
void ccwio_put_doubleword(struct ccwio_dev *dev, uint64_t iova,
			  uint64_t doubleword)
{
	doubleword = htobe64(doubleword);
	memcpy(mem_or_die(dev, iova), &doubleword, sizeof(doubleword));
}

/**
 * ccwio_put_midaw - store a modified indirect-data-address word
 * @dev: device
 * @iova: where, quadword aligned
 * @addr: data address
 * @count: byte count
 * @flags: CCWIO_MIDAW_*
 */
void ccwio_put_midaw(struct ccwio_dev *dev, uint64_t iova, uint64_t addr,
		     uint16_t count, uint8_t flags)
{
	ccwio_put_doubleword(dev, iova, (uint64_t)flags << 16 | count);
	ccwio_put_doubleword(dev, iova + 8, addr);
}
