/* SPDX-License-Identifier: GPL-2.0 */
/* Compiler attributes */
#ifndef USER_LINUX_COMPILER_TYPES_H
#define USER_LINUX_COMPILER_TYPES_H

#include <linux/compiler.h>

#endif
