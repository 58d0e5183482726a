/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A fixture that opens one device through either back end
 *
 * Every test of it also checks, when it ends, that no page is pinned any more
 * than before it began.
 */
#ifndef SELFTESTS_FIXTURE_H
#define SELFTESTS_FIXTURE_H

#include "common.h"
#include "kselftest_harness.h"

/* A fixture that opens @uuid, with one variant for each back end */
#define DEVICE_FIXTURE(name, uuid) \
	FIXTURE(name) { \
		struct ccwio_dev dev; \
		long pins; \
	}; \
	FIXTURE_VARIANT(name) { \
		enum ccwio_backend backend; \
	}; \
	FIXTURE_VARIANT_ADD(name, type1) { \
		.backend = CCWIO_TYPE1, \
	}; \
	FIXTURE_VARIANT_ADD(name, iommufd) { \
		.backend = CCWIO_IOMMUFD, \
	}; \
	FIXTURE_SETUP(name) \
	{ \
		self->pins = pins(); \
		ASSERT_EQ(0, open_dev(&self->dev, uuid, variant->backend)); \
	} \
	FIXTURE_TEARDOWN(name) \
	{ \
		ccwio_close(&self->dev); \
		EXPECT_EQ(self->pins, pins()); \
	} \
	/* ends with the semicolon of the line that uses it */ \
	struct name##_fixture_end

#endif /* SELFTESTS_FIXTURE_H */
