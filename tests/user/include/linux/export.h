/* SPDX-License-Identifier: GPL-2.0 */
/* Nothing is exported */
#ifndef USER_LINUX_EXPORT_H
#define USER_LINUX_EXPORT_H

#define EXPORT_SYMBOL(sym)		extern int user_shim_exported
#define EXPORT_SYMBOL_GPL(sym)		extern int user_shim_exported
#define EXPORT_SYMBOL_NS_GPL(sym, ns)	extern int user_shim_exported

#endif
