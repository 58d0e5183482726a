/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A fixture that opens one device through either back end
 *
 * Whoever includes this defines DEVICE_UUID first, and is linked alone: the
 * kselftest harness is all in its header.
 *
 * Every test of the fixture also checks, when it ends, that no page is pinned
 * any more than before it began.
 */
#ifndef SELFTESTS_FIXTURE_H
#define SELFTESTS_FIXTURE_H

#include "common.h"
#include "kselftest_harness.h"

FIXTURE(device) {
	struct ccwio_dev dev;
	long pins;
};

FIXTURE_VARIANT(device) {
	enum ccwio_backend backend;
};

FIXTURE_VARIANT_ADD(device, type1) {
	.backend = CCWIO_TYPE1,
};

FIXTURE_VARIANT_ADD(device, iommufd) {
	.backend = CCWIO_IOMMUFD,
};

FIXTURE_SETUP(device)
{
	self->pins = pins();
	ASSERT_EQ(0, open_dev(&self->dev, DEVICE_UUID, variant->backend));
}

FIXTURE_TEARDOWN(device)
{
	ccwio_close(&self->dev);
	EXPECT_EQ(self->pins, pins());
}

#endif /* SELFTESTS_FIXTURE_H */
