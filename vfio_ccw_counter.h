/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where numbers begin that wrap
 *
 * Lives, operations, entries of status, channel reports, leases and so on are told
 * apart by numbers of a fixed width. They are compared for being the same, or by
 * their difference, so that it does not matter where they begin. In a build for
 * tests they begin VFIO_CCW_WRAP steps before their end ("make VFIO_CCW_WRAP=100"):
 * whatever is run then goes over it. Documentation/testing.rst lists them.
 *
 * Includes nothing.
 */
#ifndef VFIO_CCW_COUNTER_H
#define VFIO_CCW_COUNTER_H

/**
 * VFIO_CCW_FIRST() - where a number begins
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
