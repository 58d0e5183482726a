// SPDX-License-Identifier: GPL-2.0
/*
 * The user interface: what the ioctls tell, which reads and writes of the
 * regions are allowed and what every other one answers, eventfds.
 */
#define _GNU_SOURCE
#define DEVICE_UUID UUID_RNG
#include "fixture.h"
#include "vfio_ccw_uapi.h"

TEST_F(device, device_info)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };

	ASSERT_EQ(0, ioctl(self->dev.fd, VFIO_DEVICE_GET_INFO, &info));
	EXPECT_EQ(VFIO_DEVICE_FLAGS_CCW | VFIO_DEVICE_FLAGS_RESET, info.flags);
	EXPECT_EQ(4, info.num_regions);
	EXPECT_EQ(3, info.num_irqs);
	info.argsz = 8;
	EXPECT_EQ(-1, ioctl(self->dev.fd, VFIO_DEVICE_GET_INFO, &info));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(device, region_sizes_and_flags)
{
	static const struct {
		uint64_t size;
		uint32_t flags;
	} want[4] = {
		{ 124, VFIO_REGION_INFO_FLAG_READ |
		       VFIO_REGION_INFO_FLAG_WRITE },
		{ 8, VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE |
		     VFIO_REGION_INFO_FLAG_CAPS },
		{ 52, VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_CAPS },
		{ 8, VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_CAPS },
	};
	unsigned int i;

	for (i = 0; i < 4; i++) {
		struct vfio_region_info info = {
			.argsz = sizeof(info), .index = i,
		};

		ASSERT_EQ(0, ioctl(self->dev.fd, VFIO_DEVICE_GET_REGION_INFO,
				   &info));
		EXPECT_EQ(want[i].size, info.size);
		EXPECT_EQ(want[i].flags, info.flags);
		EXPECT_EQ((uint64_t)i << 10, info.offset);
		EXPECT_EQ(0, info.cap_offset);
		if (i)
			EXPECT_GT(info.argsz, sizeof(info));
	}
}

TEST_F(device, no_region_4)
{
	struct vfio_region_info info = { .argsz = sizeof(info), .index = 4 };

	EXPECT_EQ(-1, ioctl(self->dev.fd, VFIO_DEVICE_GET_REGION_INFO, &info));
	EXPECT_EQ(EINVAL, errno);
	info.index = UINT32_MAX;
	EXPECT_EQ(-1, ioctl(self->dev.fd, VFIO_DEVICE_GET_REGION_INFO, &info));
	EXPECT_EQ(EINVAL, errno);
	info.index = 0;
	info.argsz = 8;
	EXPECT_EQ(-1, ioctl(self->dev.fd, VFIO_DEVICE_GET_REGION_INFO, &info));
	EXPECT_EQ(EINVAL, errno);
}

union info {
	struct vfio_region_info info;
	char room[512];
};

/* The capability @id in the chain of @info, or NULL */
static void *capability(union info *info, uint16_t id)
{
	uint32_t at = info->info.cap_offset;
	struct vfio_info_cap_header *header;

	while (at && at + sizeof(*header) <= sizeof(*info)) {
		header = (void *)(info->room + at);
		if (header->id == id)
			return header;
		at = header->next;
	}
	return NULL;
}

TEST_F(device, region_types)
{
	struct vfio_region_info_cap_type *type;
	unsigned int i;

	for (i = 1; i < 4; i++) {
		union info u = { .info = { .argsz = sizeof(u), .index = i } };

		ASSERT_EQ(0, ioctl(self->dev.fd, VFIO_DEVICE_GET_REGION_INFO,
				   &u.info));
		type = capability(&u, VFIO_REGION_INFO_CAP_TYPE);
		ASSERT_NE(NULL, type);
		EXPECT_EQ(VFIO_REGION_TYPE_CCW, type->type);
		EXPECT_EQ(i, type->subtype);
	}
}

TEST_F(device, further_commands_are_announced)
{
	union info u = { .info = { .argsz = sizeof(u), .index = 1 } };
	struct vfio_region_info_cap_ccw_cmds *cap;

	ASSERT_EQ(0, ioctl(self->dev.fd, VFIO_DEVICE_GET_REGION_INFO, &u.info));
	cap = capability(&u, VFIO_REGION_INFO_CAP_CCW_CMDS);
	ASSERT_NE(NULL, cap);
	EXPECT_EQ(VFIO_REGION_INFO_CAP_CCW_CMDS_VERSION, cap->header.version);
	EXPECT_EQ(CCWIO_CMD_RESUME | CCWIO_CMD_CANCEL, cap->commands);
	EXPECT_EQ(0, cap->reserved);
	/* Where nobody looks for it there is none */
	u.info.argsz = sizeof(u);
	u.info.index = 2;
	ASSERT_EQ(0, ioctl(self->dev.fd, VFIO_DEVICE_GET_REGION_INFO, &u.info));
	EXPECT_EQ(NULL, capability(&u, VFIO_REGION_INFO_CAP_CCW_CMDS));
}

/* How much room the capabilities of a region need behind the structure */
static const size_t caps_size[4] = {
	0,
	sizeof(struct vfio_region_info_cap_type) +
	sizeof(struct vfio_region_info_cap_ccw_cmds),
	sizeof(struct vfio_region_info_cap_type),
	sizeof(struct vfio_region_info_cap_type),
};

/* With too little room there is none at all, and argsz says how much it takes */
TEST_F(device, room_for_capabilities)
{
	const uint32_t least = sizeof(struct vfio_region_info);
	uint32_t argsz, full;
	unsigned int i, at;
	union info u;

	for (i = 0; i < 4; i++) {
		full = least + caps_size[i];
		for (argsz = least; argsz <= full + 16; argsz++) {
			memset(&u, 0xa5, sizeof(u));
			u.info.argsz = argsz;
			u.info.index = i;
			u.info.cap_offset = 0;
			ASSERT_EQ(0, ioctl(self->dev.fd,
					   VFIO_DEVICE_GET_REGION_INFO, &u));
			EXPECT_EQ(argsz < full ? full : argsz, u.info.argsz);
			EXPECT_EQ(i ? VFIO_REGION_INFO_FLAG_CAPS : 0,
				  u.info.flags & VFIO_REGION_INFO_FLAG_CAPS);
			EXPECT_EQ(i && argsz >= full ? least : 0,
				  u.info.cap_offset);
			/* Not a byte more than there was room for */
			at = argsz < full ? least : full;
			for (; at < sizeof(u); at++)
				ASSERT_EQ((char)0xa5, u.room[at]);
		}
	}
}

/* The chain of each region, entry by entry */
TEST_F(device, order_of_capabilities)
{
	const uint32_t least = sizeof(struct vfio_region_info);
	struct vfio_region_info_cap_ccw_cmds *cmds;
	struct vfio_region_info_cap_type *type;
	unsigned int i;

	for (i = 1; i < 4; i++) {
		union info u = { .info = { .argsz = sizeof(u), .index = i } };

		ASSERT_EQ(0, ioctl(self->dev.fd, VFIO_DEVICE_GET_REGION_INFO,
				   &u));
		ASSERT_EQ(least, u.info.cap_offset);
		type = (void *)(u.room + least);
		EXPECT_EQ(VFIO_REGION_INFO_CAP_TYPE, type->header.id);
		EXPECT_EQ(1, type->header.version);
		EXPECT_EQ(i == 1 ? least + sizeof(*type) : 0,
			  type->header.next);
		if (i > 1)
			continue;
		cmds = (void *)(type + 1);
		EXPECT_EQ(0xccc1, cmds->header.id);
		EXPECT_EQ(1, cmds->header.version);
		EXPECT_EQ(0, cmds->header.next);
		EXPECT_EQ(0xc, cmds->commands);
		EXPECT_EQ(0, cmds->reserved);
	}
}

/*
 * A user that looks for types alone, as those do that were written before there
 * was another capability: it asks with no room first, then with as much as it
 * was told, walks the chain for the one identity it knows, and takes the first
 * region of the subtype that it wants, if its size is right.
 */
TEST_F(device, a_user_that_knows_types_only)
{
	static const struct { uint32_t subtype; uint64_t size; } want[] = {
		{ VFIO_REGION_SUBTYPE_CCW_ASYNC_CMD, 8 },
		{ VFIO_REGION_SUBTYPE_CCW_SCHIB, 52 },
		{ VFIO_REGION_SUBTYPE_CCW_CRW, 8 },
	};
	struct vfio_region_info_cap_type *type;
	unsigned int w, i, found;

	for (w = 0; w < 3; w++) {
		for (i = 0, found = 0; i < 4; i++) {
			union info u = { .info = {
				.argsz = sizeof(u.info), .index = i,
			} };

			ASSERT_EQ(0, ioctl(self->dev.fd,
					   VFIO_DEVICE_GET_REGION_INFO, &u));
			ASSERT_GE(sizeof(u), u.info.argsz);
			ASSERT_EQ(0, ioctl(self->dev.fd,
					   VFIO_DEVICE_GET_REGION_INFO, &u));
			type = capability(&u, VFIO_REGION_INFO_CAP_TYPE);
			if (!type || type->type != VFIO_REGION_TYPE_CCW ||
			    type->subtype != want[w].subtype)
				continue;
			found++;
			EXPECT_EQ(want[w].size, u.info.size);
			EXPECT_EQ((uint64_t)i << 10, u.info.offset);
		}
		EXPECT_EQ(1, found);
	}
}

TEST_F(device, irq_info)
{
	struct vfio_irq_info info = { .argsz = sizeof(info) };

	for (info.index = 0; info.index < 3; info.index++) {
		info.flags = 0;
		ASSERT_EQ(0, ioctl(self->dev.fd, VFIO_DEVICE_GET_IRQ_INFO,
				   &info));
		EXPECT_EQ(1, info.count);
		EXPECT_EQ(VFIO_IRQ_INFO_EVENTFD, info.flags);
	}
	EXPECT_EQ(-1, ioctl(self->dev.fd, VFIO_DEVICE_GET_IRQ_INFO, &info));
	EXPECT_EQ(EINVAL, errno);
	info.index = 0;
	info.argsz = 4;
	EXPECT_EQ(-1, ioctl(self->dev.fd, VFIO_DEVICE_GET_IRQ_INFO, &info));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(device, eventfds_are_checked)
{
	int32_t fd;

	fd = -2;
	EXPECT_EQ(-EINVAL, set_irqs(&self->dev, TRIGGER_FD, 0, 0, 1, &fd, 4));
	fd = 9999;
	EXPECT_EQ(-EBADF, set_irqs(&self->dev, TRIGGER_FD, 0, 0, 1, &fd, 4));
	/* A file that is no eventfd */
	fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	EXPECT_EQ(-EINVAL, set_irqs(&self->dev, TRIGGER_FD, 0, 0, 1, &fd, 4));
	close(fd);
	/* The one that was there still works */
	EXPECT_EQ(1, works(&self->dev));
}

TEST_F(device, irq_requests_are_checked)
{
	struct ccwio_dev *dev = &self->dev;
	int32_t fd[2] = { dev->event[0], dev->event[0] };

	EXPECT_EQ(-EINVAL, set_irqs(dev, TRIGGER_FD, 3, 0, 1, fd, 4));
	EXPECT_EQ(-EINVAL, set_irqs(dev, TRIGGER_FD, 0, 1, 1, fd, 4));
	EXPECT_EQ(-EINVAL, set_irqs(dev, TRIGGER_FD, 0, 0, 2, fd, 8));
	EXPECT_EQ(-EINVAL, set_irqs(dev, TRIGGER_FD, 0, 0, 1, NULL, 0));
	EXPECT_EQ(-EINVAL, set_irqs(dev, VFIO_IRQ_SET_DATA_EVENTFD |
				    VFIO_IRQ_SET_ACTION_MASK, 0, 0, 1, fd, 4));
	EXPECT_EQ(-EINVAL, set_irqs(dev, VFIO_IRQ_SET_DATA_NONE |
				    VFIO_IRQ_SET_ACTION_UNMASK, 0, 0, 1,
				    NULL, 0));
	EXPECT_EQ(-EINVAL, set_irqs(dev, VFIO_IRQ_SET_DATA_EVENTFD, 0, 0, 1,
				    fd, 4));
	EXPECT_EQ(-EINVAL, set_irqs(dev, TRIGGER_FD | 0x80, 0, 0, 1, fd, 4));
}

TEST_F(device, user_triggers_each_irq)
{
	struct ccwio_dev *dev = &self->dev;
	uint8_t yes = 1, no = 0;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		EXPECT_EQ(0, set_irqs(dev, TRIGGER_NONE, i, 0, 1, NULL, 0));
		EXPECT_EQ(1, has_event(dev->event[i], 1000));
		EXPECT_EQ(0, set_irqs(dev, TRIGGER_BOOL, i, 0, 1, &yes, 1));
		EXPECT_EQ(1, has_event(dev->event[i], 1000));
		EXPECT_EQ(0, set_irqs(dev, TRIGGER_BOOL, i, 0, 1, &no, 1));
		EXPECT_EQ(0, has_event(dev->event[i], 0));
	}
}

TEST_F(device, count_zero_disables)
{
	struct ccwio_dev *dev = &self->dev;

	EXPECT_EQ(0, set_irqs(dev, TRIGGER_NONE, 0, 0, 0, NULL, 0));
	EXPECT_EQ(0, set_irqs(dev, TRIGGER_NONE, 0, 0, 1, NULL, 0));
	EXPECT_EQ(0, has_event(dev->event[0], 20));
}

TEST_F(device, eventfd_is_replaced_and_removed)
{
	struct ccwio_dev *dev = &self->dev;
	int old = dev->event[0];

	dev->event[0] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	ASSERT_EQ(0, ccwio_attach_event(dev, CCWIO_IRQ_IO, dev->event[0]));
	EXPECT_EQ(1, works(dev));
	EXPECT_EQ(0, has_event(old, 0));
	close(old);
	ASSERT_EQ(0, ccwio_attach_event(dev, CCWIO_IRQ_IO, -1));
	EXPECT_EQ(0, set_irqs(dev, TRIGGER_NONE, 0, 0, 1, NULL, 0));
	EXPECT_EQ(0, has_event(dev->event[0], 20));
}

TEST_F(device, bounds_of_regions)
{
	static const uint64_t size[4] = { 124, 8, 52, 8 };
	struct ccwio_dev *dev = &self->dev;
	char data[256] = { 0 };
	unsigned int i;

	for (i = 0; i < 4; i++) {
		EXPECT_EQ(-EINVAL, raw_read(dev, i, size[i], data, 1));
		EXPECT_EQ(-EINVAL, raw_read(dev, i, 0, data, size[i] + 1));
		EXPECT_EQ(-EINVAL, raw_read(dev, i, size[i] - 1, data, 2));
		EXPECT_EQ(-EINVAL, raw_read(dev, i, 1023, data, 1));
		EXPECT_EQ(-EINVAL, raw_write(dev, i, size[i], data, 1));
		EXPECT_EQ(-EINVAL, raw_write(dev, i, 0, data, size[i] + 1));
		EXPECT_EQ(-EINVAL, raw_write(dev, i, size[i] - 1, data, 2));
	}
	EXPECT_EQ(-EINVAL, raw_read(dev, 0, 4 << 10, data, 1));
	EXPECT_EQ(-EINVAL, raw_read(dev, 0, 1ull << 42, data, 1));
	EXPECT_EQ(-EINVAL, raw_write(dev, 0, 1ull << 42, data, 124));
	EXPECT_EQ(-EINVAL, raw_read(dev, 0, 0x7ffffffffffffc00ull, data, 1));
	EXPECT_EQ(1, works(dev));
}

TEST_F(device, read_only_regions)
{
	char data[52] = { 0 };

	EXPECT_EQ(-EINVAL, raw_write(&self->dev, CCWIO_REGION_SCHIB, 0, data,
				     52));
	EXPECT_EQ(-EINVAL, raw_write(&self->dev, CCWIO_REGION_CRW, 0, data, 8));
}

/* A request is one write from offset 0 that covers ORB and SCSW */
TEST_F(device, shape_of_a_start)
{
	struct ccw_io_region region = { 0 };
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_irb irb;
	struct ccwio_orb orb;
	size_t size;

	for (size = 1; size < 24; size++)
		EXPECT_EQ(-EINVAL, raw_write(dev, 0, 0, &region, size));
	EXPECT_EQ(-EINVAL, raw_write(dev, 0, 4, &region, 120));
	EXPECT_EQ(-EINVAL, raw_write(dev, 0, 24, &region, 96));
	EXPECT_EQ(-EINVAL, raw_write(dev, 0, 0, &region, 0));
	/* 24 bytes are enough */
	ASSERT_EQ(0, begin_orb(dev, "first: nop sli", &orb));
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	ASSERT_EQ(124, raw_read(dev, 0, 0, &region, 124));
	EXPECT_EQ(24, raw_write(dev, 0, 0, &region, 24));
	EXPECT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	EXPECT_EQ(orb.cpa + 8, irb.scsw.cpa);
}

TEST_F(device, function_bits)
{
	struct ccwio_orb orb = { .ctl = CCWIO_ORB_F | CCWIO_ORB_P };
	struct ccwio_dev *dev = &self->dev;

	EXPECT_EQ(-EOPNOTSUPP, request(dev, &orb, 0));
	EXPECT_EQ(-EOPNOTSUPP, ret_code(dev, CCWIO_REGION_IO));
	EXPECT_EQ(-EOPNOTSUPP, request(dev, &orb, CCWIO_FC_HALT));
	EXPECT_EQ(-EOPNOTSUPP, request(dev, &orb, CCWIO_FC_CLEAR));
	EXPECT_EQ(1, silent(dev, 20));
	EXPECT_EQ(1, works(dev));
	EXPECT_EQ(0, ret_code(dev, CCWIO_REGION_IO));
}

TEST_F(device, transport_mode)
{
	struct ccwio_orb orb = {
		.ctl = CCWIO_ORB_F | CCWIO_ORB_P | CCWIO_ORB_B |
		       CCWIO_ORB_LPM(0x80),
		.cpa = CCWIO_BASE + 4096,
	};

	EXPECT_EQ(-EOPNOTSUPP, ccwio_start(&self->dev, &orb));
	EXPECT_EQ(-EOPNOTSUPP, ret_code(&self->dev, CCWIO_REGION_IO));
	EXPECT_EQ(1, works(&self->dev));
}

TEST_F(device, unreadable_and_unwritable_user_memory)
{
	struct ccwio_dev *dev = &self->dev;
	char before[124], after[124];
	void *none = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);

	ASSERT_NE(MAP_FAILED, none);
	EXPECT_EQ(1, works(dev));
	ASSERT_EQ(124, raw_read(dev, 0, 0, before, 124));
	EXPECT_EQ(-EFAULT, raw_write(dev, 0, 0, none, 124));
	EXPECT_EQ(-EFAULT, raw_write(dev, 1, 0, none, 8));
	EXPECT_EQ(-EFAULT, raw_read(dev, 0, 0, none, 124));
	EXPECT_EQ(-EFAULT, raw_read(dev, 2, 0, none, 52));
	EXPECT_EQ(-EFAULT, raw_read(dev, 3, 0, none, 8));
	ASSERT_EQ(124, raw_read(dev, 0, 0, after, 124));
	EXPECT_EQ(0, memcmp(before, after, 120));
	EXPECT_EQ(1, works(dev));
}

/* A read that fails must not take the status */
TEST_F(device, failed_read_keeps_status)
{
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_irb irb;
	void *none = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);

	ASSERT_EQ(0, begin(dev, "nop sli"));
	ASSERT_EQ(1, has_event(dev->event[0], TIMEOUT_MS));
	EXPECT_EQ(-EFAULT, raw_read(dev, 0, 0, none, 124));
	ASSERT_EQ(0, ccwio_read_irb(dev, &irb));
	EXPECT_EQ(CCWIO_FC_START | CCWIO_SC_PRIM | CCWIO_SC_SEC | CCWIO_SC_PEND,
		  irb.scsw.ctl & 0x701f);
}

TEST_F(device, commands)
{
	struct ccwio_dev *dev = &self->dev;
	static const uint32_t bad[] = { 0, 3, 5, 6, 12, 15, 16, 0x80000000 };
	uint32_t command = CCWIO_CMD_CLEAR;
	struct ccwio_irb irb;
	unsigned int i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		EXPECT_EQ(-EINVAL, ccwio_command(dev, bad[i]));
		EXPECT_EQ(-EINVAL, ret_code(dev, CCWIO_REGION_CMD));
	}
	EXPECT_EQ(-EINVAL, raw_write(dev, 1, 4, &command, 4));
	EXPECT_EQ(-EINVAL, raw_write(dev, 1, 0, &command, 2));
	EXPECT_EQ(1, silent(dev, 20));
	/* The command alone is enough */
	EXPECT_EQ(4, raw_write(dev, 1, 0, &command, 4));
	EXPECT_EQ(0, ret_code(dev, CCWIO_REGION_CMD));
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	EXPECT_EQ(CCWIO_FC_CLEAR, irb.scsw.ctl & 0x7000);
}

/* The user must learn nothing of the host and miss nothing of the device */
TEST_F(device, schib)
{
	uint8_t schib[52];
	unsigned int i;

	ASSERT_EQ(0, ccwio_read_schib(&self->dev, schib));
	for (i = 0; i < 4; i++)
		EXPECT_EQ(0, schib[i]);		/* interruption parameter */
	EXPECT_EQ(0x80, schib[5] & 0x80);	/* enabled */
	EXPECT_EQ(0x01, schib[5] & 0x01);	/* device number valid */
	EXPECT_EQ(DEVNO_RNG, schib[6] << 8 | schib[7]);
	EXPECT_EQ(0x80, schib[11]);		/* one path installed */
	for (i = 40; i < 48; i++)
		EXPECT_EQ(0, schib[i]);		/* measurement block */
	/* Parts of it read the same */
	EXPECT_EQ(2, raw_read(&self->dev, CCWIO_REGION_SCHIB, 6, schib, 2));
	EXPECT_EQ(DEVNO_RNG, schib[0] << 8 | schib[1]);
}

TEST_F(device, no_channel_report_at_first)
{
	uint32_t crw = 1;

	EXPECT_EQ(0, ccwio_read_crw(&self->dev, &crw));
	EXPECT_EQ(0, crw);
	EXPECT_EQ(0, has_event(self->dev.event[CCWIO_IRQ_CRW], 0));
}

TEST_F(device, unknown_ioctl)
{
	EXPECT_EQ(-1, ioctl(self->dev.fd, _IO(VFIO_TYPE, VFIO_BASE + 77)));
	EXPECT_EQ(ENOTTY, errno);
}

TEST_F(device, second_open_is_refused)
{
	struct ccwio_dev second;

	EXPECT_NE(0, open_dev(&second, UUID_RNG, variant->backend));
	ccwio_close(&second);
	EXPECT_EQ(1, works(&self->dev));
}

TEST_HARNESS_MAIN
