/* SPDX-License-Identifier: GPL-2.0 */
/* Binary search through the C library */
#ifndef USER_LINUX_BSEARCH_H
#define USER_LINUX_BSEARCH_H

#include <stdlib.h>

#endif
