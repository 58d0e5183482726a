/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where counters that wrap begin
 *
 * Lives, operations, entries of status, channel reports, leases and so on are told
 * apart by counters of a fixed width. They are compared for equality, or by their
 * difference, so it does not matter where they begin. In a build for tests they
 * begin VFIO_CCW_WRAP steps before they wrap ("make VFIO_CCW_WRAP=100"), so that
 * every test crosses that point. Documentation/security.rst, "Numbers that wrap",
 * lists them.
 *
 * Includes nothing.
 */
#ifndef VFIO_CCW_COUNTER_H
#define VFIO_CCW_COUNTER_H

/**
 * VFIO_CCW_FIRST() - where a counter begins
 * @type: its type, unsigned
 *
 * Return: a constant: zero, but for tests.
 */
#ifdef VFIO_CCW_WRAP
#define VFIO_CCW_FIRST(type)	((type)0 - (VFIO_CCW_WRAP))
#else
#define VFIO_CCW_FIRST(type)	((type)0)
#endif

#endif /* VFIO_CCW_COUNTER_H */
