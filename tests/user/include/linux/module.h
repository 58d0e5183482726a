/* SPDX-License-Identifier: GPL-2.0 */
/* A module without a module */
#ifndef USER_LINUX_MODULE_H
#define USER_LINUX_MODULE_H

#include <linux/export.h>

#define THIS_MODULE		NULL
#define MODULE_LICENSE(x)	extern int user_shim_exported
#define MODULE_AUTHOR(x)	extern int user_shim_exported
#define MODULE_DESCRIPTION(x)	extern int user_shim_exported
#define MODULE_INFO(tag, x)	extern int user_shim_exported

#endif
