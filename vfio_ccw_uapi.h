/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * What this driver offers beyond include/uapi/linux/vfio_ccw.h
 *
 * A program that knows this header looks for the capability in the information
 * of region 1 before it uses any of the commands below. A program that does not
 * know it skips the capability. Documentation/uapi.rst describes the commands.
 */
#ifndef VFIO_CCW_UAPI_H
#define VFIO_CCW_UAPI_H

#include <linux/types.h>
#include <linux/vfio.h>

/* Further bits of command in struct ccw_cmd_region */
#ifndef VFIO_CCW_ASYNC_CMD_RSCH
#define VFIO_CCW_ASYNC_CMD_RSCH (1 << 2)	/* RESUME SUBCHANNEL */
#endif
#ifndef VFIO_CCW_ASYNC_CMD_XSCH
#define VFIO_CCW_ASYNC_CMD_XSCH (1 << 3)	/* CANCEL SUBCHANNEL */
#endif

/* Identity of the capability, from the top of the range; see vfio.h */
#define VFIO_REGION_INFO_CAP_CCW_CMDS		0xccc1
#define VFIO_REGION_INFO_CAP_CCW_CMDS_VERSION	1

/**
 * struct vfio_region_info_cap_ccw_cmds - further commands of region 1
 * @header: header of the capability chain; id is VFIO_REGION_INFO_CAP_CCW_CMDS
 * @commands: VFIO_CCW_ASYNC_CMD_* bits that region 1 takes beyond HSCH and
 *	CSCH, native byte order
 * @reserved: zero
 *
 * 16 bytes. Source: this driver.
 */
struct vfio_region_info_cap_ccw_cmds {
	struct vfio_info_cap_header header;
	__u32 commands;
	__u32 reserved;
};

#endif /* VFIO_CCW_UAPI_H */
