/* SPDX-License-Identifier: GPL-2.0 */
/* Attributes the core files use */
#ifndef USER_LINUX_COMPILER_ATTRIBUTES_H
#define USER_LINUX_COMPILER_ATTRIBUTES_H

#define __always_unused		__attribute__((__unused__))
#define __maybe_unused		__attribute__((__unused__))
#define __used			__attribute__((__used__))
#define __must_check		__attribute__((__warn_unused_result__))
#define __printf(a, b)		__attribute__((__format__(__printf__, a, b)))
#define __packed		__attribute__((__packed__))
#define __aligned(x)		__attribute__((__aligned__(x)))
#define __pure			__attribute__((__pure__))
#ifndef __attribute_const__
#define __attribute_const__	__attribute__((__const__))
#endif
#define __cold			__attribute__((__cold__))
#define __noreturn		__attribute__((__noreturn__))
#define __weak			__attribute__((__weak__))
#define __malloc		__attribute__((__malloc__))
#define __cleanup(fn)		__attribute__((__cleanup__(fn)))
#define __counted_by(member)
#ifndef __always_inline
#define __always_inline		inline __attribute__((__always_inline__))
#endif
#define noinline		__attribute__((__noinline__))
#define fallthrough		__attribute__((__fallthrough__))
#define __user
#define __iomem
#define __rcu
#define __percpu
#define __init
#define __exit
#define __ro_after_init
#define __read_mostly
#define __force
#define __nocast
#define __acquires(x)
#define __releases(x)
#define __must_hold(x)
#define __acquire(x)		((void)0)
#define __release(x)		((void)0)

#endif
