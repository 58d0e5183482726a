/* SPDX-License-Identifier: GPL-2.0 */
/* Page size */
#ifndef USER_ASM_PAGE_H
#define USER_ASM_PAGE_H

#include <linux/page_user.h>

#endif
