/* SPDX-License-Identifier: GPL-2.0 */
/* Error numbers */
#ifndef USER_LINUX_ERRNO_H
#define USER_LINUX_ERRNO_H

#include_next <linux/errno.h>

#ifndef ENOTSUPP
#define ENOTSUPP	524
#endif

#endif
