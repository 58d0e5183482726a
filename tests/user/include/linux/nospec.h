/* SPDX-License-Identifier: GPL-2.0 */
/* Speculation does not matter to a test */
#ifndef USER_LINUX_NOSPEC_H
#define USER_LINUX_NOSPEC_H

#define array_index_nospec(index, size) \
	((index) < (size) ? (index) : (__typeof__(index))0)

#endif
