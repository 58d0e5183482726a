/* SPDX-License-Identifier: GPL-2.0 */
/* Sections */
#ifndef USER_LINUX_INIT_H
#define USER_LINUX_INIT_H

#include <linux/compiler.h>

#endif
