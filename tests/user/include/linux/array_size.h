/* SPDX-License-Identifier: GPL-2.0 */
/* Elements of an array */
#ifndef USER_LINUX_ARRAY_SIZE_H
#define USER_LINUX_ARRAY_SIZE_H

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#endif
