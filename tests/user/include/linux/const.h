/* SPDX-License-Identifier: GPL-2.0 */
/* Constants for C and the assembler */
#ifndef USER_LINUX_CONST_H
#define USER_LINUX_CONST_H

#define _AC(X, Y)	X##Y
#define UL(x)		_AC(x, UL)
#define ULL(x)		_AC(x, ULL)
#define _UL(x)		_AC(x, UL)
#define _ULL(x)		_AC(x, ULL)

#endif
