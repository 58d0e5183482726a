/* SPDX-License-Identifier: GPL-2.0 */
/* What KUnit would see stays static */
#ifndef USER_KUNIT_VISIBILITY_H
#define USER_KUNIT_VISIBILITY_H

#define VISIBLE_IF_KUNIT		static
#define EXPORT_SYMBOL_IF_KUNIT(sym)	extern int user_shim_exported

#endif
