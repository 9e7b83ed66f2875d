// SPDX-License-Identifier: GPL-2.0
/* Deadlines: each expires once, in order, when its time has come. */
#include <linux/cleanup.h>
#include <linux/completion.h>

#include "test.h"

#define ODMM_DEADLINES		5

/**
 * struct odmm_alarm - a deadline that notes when it has expired
 * @d: the deadline
 * @rung: how often
 * @order: which of all it was, from 1
 */
struct odmm_alarm {
	struct odmm_deadline	d;
	int			rung;
	int			order;
};

static int odmm_alarms_rung;

static void odmm_alarm_ring(struct odmm_net *odn, struct odmm_deadline *d)
{
	struct odmm_alarm *alarm = container_of(d, struct odmm_alarm, d);

	lockdep_assert_held(&odn->lock);
	alarm->rung++;
	alarm->order = ++odmm_alarms_rung;
}

static void odmm_alarm_set(struct kunit *test, struct odmm_alarm *alarm,
			   s64 ms)
{
	struct odmm_net *odn = odmm_test_net(test);

	guard(spinlock)(&odn->lock);
	odmm_deadline_set(odn, &alarm->d, ktime_add_ms(odmm_now(), ms));
}

static void odmm_alarm_clear(struct kunit *test, struct odmm_alarm *alarm)
{
	struct odmm_net *odn = odmm_test_net(test);

	guard(spinlock)(&odn->lock);
	odmm_deadline_clear(odn, &alarm->d);
}

static void odmm_alarm_clear_all(void *arg)
{
	struct odmm_alarm *alarms = arg;
	int i;

	for (i = 0; i < ODMM_DEADLINES; i++)
		odmm_alarm_clear(kunit_get_current_test(), &alarms[i]);
}

/* They end before the namespace does, whatever becomes of the test. */
static struct odmm_alarm *odmm_alarms(struct kunit *test)
{
	struct odmm_alarm *alarms;
	int i;

	alarms = kunit_kcalloc(test, ODMM_DEADLINES, sizeof(*alarms),
			       GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, alarms);
	for (i = 0; i < ODMM_DEADLINES; i++)
		odmm_deadline_init(&alarms[i].d, odmm_alarm_ring);
	odmm_alarms_rung = 0;
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test,
							   odmm_alarm_clear_all,
							   alarms));
	return alarms;
}

static void odmm_deadline_once(struct kunit *test)
{
	struct odmm_alarm *alarm = odmm_alarms(test);

	odmm_alarm_set(test, alarm, 1000);
	odmm_test_pass_ms(test, 999);
	KUNIT_EXPECT_EQ(test, alarm->rung, 0);
	odmm_test_pass_ms(test, 1);
	KUNIT_EXPECT_EQ(test, alarm->rung, 1);
	odmm_test_pass_ms(test, 10000);
	KUNIT_EXPECT_EQ(test, alarm->rung, 1);
}

static void odmm_deadline_past(struct kunit *test)
{
	struct odmm_alarm *alarm = odmm_alarms(test);

	odmm_alarm_set(test, alarm, -1000);
	odmm_test_pass_ms(test, 0);
	KUNIT_EXPECT_EQ(test, alarm->rung, 1);
}

static void odmm_deadline_in_order(struct kunit *test)
{
	static const s64 when[ODMM_DEADLINES] = { 30, 10, 50, 20, 40 };
	struct odmm_alarm *alarms = odmm_alarms(test);
	int i;

	for (i = 0; i < ODMM_DEADLINES; i++)
		odmm_alarm_set(test, &alarms[i], when[i]);
	odmm_test_pass_ms(test, 35);
	KUNIT_EXPECT_EQ(test, odmm_alarms_rung, 3);
	odmm_test_pass_ms(test, 100);
	for (i = 0; i < ODMM_DEADLINES; i++)
		KUNIT_EXPECT_EQ(test, alarms[i].order, when[i] / 10);
}

static void odmm_deadline_moved(struct kunit *test)
{
	struct odmm_alarm *alarms = odmm_alarms(test);

	odmm_alarm_set(test, &alarms[0], 10);
	odmm_alarm_set(test, &alarms[1], 20);
	odmm_alarm_set(test, &alarms[0], 30);
	odmm_test_pass_ms(test, 25);
	KUNIT_EXPECT_EQ(test, alarms[0].rung, 0);
	KUNIT_EXPECT_EQ(test, alarms[1].rung, 1);
	odmm_alarm_set(test, &alarms[0], 1);
	odmm_test_pass_ms(test, 1);
	KUNIT_EXPECT_EQ(test, alarms[0].rung, 1);
}

static void odmm_deadline_cleared(struct kunit *test)
{
	struct odmm_alarm *alarms = odmm_alarms(test);

	odmm_alarm_set(test, &alarms[0], 10);
	odmm_alarm_set(test, &alarms[1], 10);
	odmm_alarm_clear(test, &alarms[0]);
	odmm_alarm_clear(test, &alarms[0]);
	odmm_test_pass_ms(test, 10);
	KUNIT_EXPECT_EQ(test, alarms[0].rung, 0);
	KUNIT_EXPECT_EQ(test, alarms[1].rung, 1);
}

static void odmm_deadline_compared(struct kunit *test)
{
	struct odmm_alarm *alarm = odmm_alarms(test);
	ktime_t when = ktime_add_ms(odmm_now(), 10);

	KUNIT_EXPECT_FALSE(test, odmm_deadline_is_before(&alarm->d, when));
	odmm_alarm_set(test, alarm, 9);
	KUNIT_EXPECT_TRUE(test, odmm_deadline_is_before(&alarm->d, when));
	odmm_alarm_set(test, alarm, 10);
	KUNIT_EXPECT_FALSE(test, odmm_deadline_is_before(&alarm->d, when));
}

/* One that expires may set itself again: a period. */
static void odmm_alarm_again(struct odmm_net *odn, struct odmm_deadline *d)
{
	odmm_alarm_ring(odn, d);
	odmm_deadline_set(odn, d, ktime_add_ms(odmm_now(), 10));
}

static void odmm_deadline_period(struct kunit *test)
{
	struct odmm_alarm *alarm = odmm_alarms(test);
	int i;

	alarm->d.expire = odmm_alarm_again;
	odmm_alarm_set(test, alarm, 10);
	for (i = 1; i <= 5; i++) {
		odmm_test_pass_ms(test, 10);
		KUNIT_EXPECT_EQ(test, alarm->rung, i);
	}
}

struct odmm_deadline_timed {
	struct odmm_deadline	d;
	struct completion	rung;
};

static void odmm_deadline_complete(struct odmm_net *odn,
				   struct odmm_deadline *d)
{
	complete(&container_of(d, struct odmm_deadline_timed, d)->rung);
}

static void odmm_deadline_forget(void *arg)
{
	struct odmm_deadline_timed *timed = arg;
	struct odmm_net *odn = kunit_get_current_test()->priv;

	guard(spinlock)(&odn->lock);
	odmm_deadline_clear(odn, &timed->d);
}

/* By the kernel's clock: the timer rings, and its worker is called. */
static void odmm_deadline_rings(struct kunit *test)
{
	struct odmm_net *odn = odmm_test_net(test);
	struct odmm_deadline_timed *timed;

	timed = kunit_kzalloc(test, sizeof(*timed), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, timed);
	init_completion(&timed->rung);
	odmm_deadline_init(&timed->d, odmm_deadline_complete);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test,
							   odmm_deadline_forget,
							   timed));
	enable_work(&odn->deadline_work);
	scoped_guard(spinlock, &odn->lock)
		odmm_deadline_set(odn, &timed->d,
				  ktime_add_ms(ktime_get_boottime(), 1));
	KUNIT_EXPECT_NE(test, 0, wait_for_completion_timeout(&timed->rung,
							     60 * HZ));
}

static struct kunit_case odmm_deadline_cases[] = {
	KUNIT_CASE(odmm_deadline_once),
	KUNIT_CASE(odmm_deadline_past),
	KUNIT_CASE(odmm_deadline_in_order),
	KUNIT_CASE(odmm_deadline_moved),
	KUNIT_CASE(odmm_deadline_cleared),
	KUNIT_CASE(odmm_deadline_compared),
	KUNIT_CASE(odmm_deadline_period),
	KUNIT_CASE(odmm_deadline_rings),
	{}
};

static struct kunit_suite odmm_deadline_suite = {
	.name = "odmm_deadline",
	.init = odmm_test_init,
	.test_cases = odmm_deadline_cases,
};

kunit_test_suite(odmm_deadline_suite);
