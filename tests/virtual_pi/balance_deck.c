// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0
/*
 * A GPIO controller with up to four HX711 load-cell converters soldered to it, as a kernel module: for tests of the
 * station's real acquisition on a machine that has no GPIO. User space sees a /dev/gpiochipN with 28 lines, named and
 * labelled as on a Raspberry Pi, whose DOUT lines live by themselves: nothing in user space takes part in the chips.
 *
 * The chips are the kernel twin of hardware/virtual/hx711.py; read there what is modelled and where it is from. Each
 * has its own oscillator (an hrtimer on CLOCK_MONOTONIC). What conversion k reads comes from a table that user space
 * loads, so that both sides know every number:
 *
 *   write to /dev/balance_deck, one write() each:
 *     a deck:  struct deck_header, one struct deck_wiring a chip, then each chip's counts (s32), all in native layout.
 *              Replaces the deck there is and clears every counter. Conversion k reads counts[k % length].
 *     more counts: the same with another magic: the chips run on, and from their next conversion on read these.
 *     a line of text:
 *       stuck CHIP LEVEL                 DOUT of this chip is stuck at 0 or 1; -1 lets it go
 *       disturb CHIP PULSE HOLD EXTRA    in the next frame: pulse PULSE (1 to 25) stays high HOLD ns longer, as if its
 *                                        driver had been preempted; the chip sees EXTRA (-1 to 1) pulses more
 *   read from it: one line of key=value a chip, as it was when the file was opened.
 *
 * Not modelled: the 0.1 us that data lag behind SCK, contact bounce, bias, analogue settling.
 */
#include <linux/delay.h>
#include <linux/gpio/driver.h>
#include <linux/hrtimer.h>
#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/version.h>
#include <linux/vmalloc.h>

#define LINES 28
#define MOST_CHIPS 4
#define POWER_DOWN_NS 60000
#define UPDATE_PULSE_NS 75000
#define SETTLING_CONVERSIONS 4
#define PULSES_A128 25
#define PULSES_A64 27
#define MOST_PULSES 28 /* counting stops here: more than 27 is an error however many they are */
#define ALL_HIGH ((1U << 29) - 1)
#define MOST_BYTES (4 << 20)
#define MOST_HOLD_NS 1000000
#define DECK_MAGIC 0x4b434544 /* "DECK" */
#define MORE_MAGIC 0x45524f4d /* "MORE" */

struct deck_header {
	u32 magic;
	u32 chips;
};

struct deck_wiring {
	u32 sck, dout; /* line numbers */
	u32 length; /* of this chip's counts */
	u32 reserved;
	s64 first_ready_ns; /* CLOCK_MONOTONIC */
	s64 period_ns;
};

/* One HX711. The names are those of the Python model. */
struct hx711 {
	struct hrtimer timer;
	bool wired;
	unsigned int sck, dout; /* chips may share SCK, as some people wire them */
	const s32 *counts;
	u32 length;
	s64 first_ready_ns, period_ns; /* of the oscillator since power-up or the last reset */
	s64 k, k_first, k_visible; /* newest conversion finished; the one at first_ready_ns; the first one to announce */
	s64 event_ns; /* when something happens next by itself */
	s64 high_ns; /* since when SCK is high; 0: it is low */
	u32 word; /* bit 28: not ready; 27..4: data; 3..0: high from pulse 25 on */
	unsigned int bits; /* pulses since the update */
	unsigned int gain_pulses;
	bool shown;
	int stuck; /* -1: not */
	unsigned int disturb_pulse, disturb_hold_ns;
	int disturb_extra;
	u64 frames, unread, communication_errors, power_downs;
	s64 longest_high_ns, latest_ns; /* longest SCK pulse that was no power-down; how late the timer was at worst */
};

struct line {
	bool output;
	int level; /* as driven, for outputs */
	unsigned int edges; /* IRQ_TYPE_EDGE_* that are asked for */
	bool unmasked;
};

static char *label = "pinctrl-bcm2711";
module_param(label, charp, 0444);
MODULE_PARM_DESC(label, "label of the GPIO controller: pinctrl-bcm2711 (Pi 4), pinctrl-rp1 (Pi 5)");

static struct gpio_chip controller;
static struct line lines[LINES];
static const char *names[LINES];
static struct hx711 chips[MOST_CHIPS];
static void *table; /* what was written; chips[].counts point into it */
static DEFINE_RAW_SPINLOCK(lock); /* of lines and chips */
static DEFINE_MUTEX(loading);
static struct platform_device *board;

/* --- inside a chip; called with the lock held ------------------------------------------------------------------ */

static s64 ready_ns(const struct hx711 *chip, s64 k)
{
	return chip->first_ready_ns + (k - chip->k_first) * chip->period_ns;
}

static void fall_silent(struct hx711 *chip)
{
	chip->word = ALL_HIGH;
	chip->bits = PULSES_A128;
	chip->shown = false;
}

static u32 convert(const struct hx711 *chip, s64 k)
{
	u32 at;
	s32 counts;

	div_u64_rem(k, chip->length, &at);
	counts = chip->counts[at];
	if (chip->gain_pulses == PULSES_A64)
		counts >>= 1;
	else if (chip->gain_pulses != PULSES_A128)
		counts = 0; /* channel B is open */
	return clamp(counts, -0x800000, 0x7fffff) & 0xffffff;
}

static void end_transfer(struct hx711 *chip)
{
	unsigned int pulses = chip->bits;

	if (!chip->shown)
		return;
	if (!pulses) {
		chip->unread++;
	} else if (pulses < PULSES_A128 || pulses > PULSES_A64) {
		chip->communication_errors++;
	} else {
		chip->frames++;
		if (pulses != chip->gain_pulses) {
			chip->gain_pulses = pulses;
			chip->k_visible = chip->k + SETTLING_CONVERSIONS;
		}
	}
}

/* Let every update happen that was due, and note when to look again. */
static void catch_up(struct hx711 *chip, s64 now_ns)
{
	s64 k = chip->k, next_ns;

	if (now_ns < chip->event_ns || chip->stuck >= 0)
		return;
	if (now_ns >= chip->first_ready_ns)
		k = chip->k_first + div64_s64(now_ns - chip->first_ready_ns, chip->period_ns);
	if (k > chip->k) {
		end_transfer(chip);
		chip->unread += max_t(s64, 0, k - max(chip->k + 1, chip->k_visible));
		chip->k = k;
		if (k >= chip->k_visible) {
			chip->word = convert(chip, k) << 4 | 0xf;
			chip->bits = 0;
			chip->shown = true;
		} else {
			fall_silent(chip);
		}
	}
	next_ns = ready_ns(chip, chip->k + 1);
	if (chip->shown && !chip->bits) {
		if (now_ns >= next_ns - UPDATE_PULSE_NS)
			chip->word |= 1U << MOST_PULSES;
		else
			next_ns -= UPDATE_PULSE_NS;
	}
	chip->event_ns = next_ns;
}

static int dout_level(const struct hx711 *chip, s64 now_ns)
{
	if (chip->stuck >= 0)
		return chip->stuck;
	if (chip->high_ns && now_ns - chip->high_ns > POWER_DOWN_NS)
		return 1;
	return chip->word >> (MOST_PULSES - chip->bits) & 1;
}

/* SCK fell after more than 60 us: power-up. The oscillator starts anew; the conversion number runs on. */
static void reset(struct hx711 *chip, s64 now_ns)
{
	chip->power_downs++;
	if (chip->stuck >= 0)
		return;
	chip->first_ready_ns = now_ns + SETTLING_CONVERSIONS * chip->period_ns;
	chip->k_first = chip->k_visible = chip->k + 1;
	chip->gain_pulses = PULSES_A128;
	fall_silent(chip);
	chip->event_ns = chip->first_ready_ns;
}

/* Drive SCK; returns for how long the pulse is to be held, ns. */
static unsigned int drive_sck(struct hx711 *chip, int level, s64 now_ns)
{
	unsigned int hold_ns = 0;

	if (level && !chip->high_ns) {
		catch_up(chip, now_ns);
		if (chip->disturb_pulse && chip->shown && chip->bits + 1 == chip->disturb_pulse) {
			chip->disturb_pulse = 0;
			chip->bits += chip->disturb_extra;
			hold_ns = chip->disturb_hold_ns;
		}
		chip->high_ns = now_ns;
		if (chip->bits < MOST_PULSES)
			chip->bits++;
	} else if (!level && chip->high_ns) {
		s64 high_ns = now_ns - chip->high_ns;

		chip->high_ns = 0;
		if (high_ns > POWER_DOWN_NS)
			reset(chip, now_ns);
		else
			chip->longest_high_ns = max(chip->longest_high_ns, high_ns);
	}
	return hold_ns;
}

/* --- edges ------------------------------------------------------------------------------------------------------ */

/* Return whether somebody waits for a change of this line from `before` to `after`; the lock is held. */
static bool wanted(unsigned int offset, int before, int after)
{
	unsigned int edge = after ? IRQ_TYPE_EDGE_RISING : IRQ_TYPE_EDGE_FALLING;

	return before != after && lines[offset].unmasked && lines[offset].edges & edge;
}

/* Raise the interrupt; without the lock, as its handlers may touch lines. */
static void raise_edge(unsigned int offset)
{
	generic_handle_domain_irq_safe(controller.irq.domain, offset);
}

static enum hrtimer_restart tick(struct hrtimer *timer)
{
	struct hx711 *chip = container_of(timer, struct hx711, timer);
	s64 now_ns = ktime_get_ns(), due_ns;
	unsigned long flags;
	bool edge;
	int before;

	raw_spin_lock_irqsave(&lock, flags);
	if (now_ns >= chip->event_ns)
		chip->latest_ns = max(chip->latest_ns, now_ns - chip->event_ns);
	before = dout_level(chip, now_ns);
	catch_up(chip, now_ns);
	edge = wanted(chip->dout, before, dout_level(chip, now_ns));
	due_ns = max(chip->event_ns, now_ns + 1000);
	if (chip->stuck >= 0)
		due_ns = now_ns + chip->period_ns;
	hrtimer_set_expires(timer, ns_to_ktime(due_ns));
	raw_spin_unlock_irqrestore(&lock, flags);
	if (edge)
		raise_edge(chip->dout);
	return HRTIMER_RESTART;
}

/* --- the GPIO controller ----------------------------------------------------------------------------------------- */

static struct hx711 *chip_on_dout(unsigned int offset)
{
	int i;

	for (i = 0; i < MOST_CHIPS; i++)
		if (chips[i].wired && chips[i].dout == offset)
			return &chips[i];
	return NULL;
}

static int line_get(struct gpio_chip *gc, unsigned int offset)
{
	struct hx711 *chip;
	unsigned long flags;
	int level;

	raw_spin_lock_irqsave(&lock, flags);
	level = lines[offset].level;
	chip = lines[offset].output ? NULL : chip_on_dout(offset);
	if (chip) {
		s64 now_ns = ktime_get_ns();

		catch_up(chip, now_ns);
		level = dout_level(chip, now_ns);
	}
	raw_spin_unlock_irqrestore(&lock, flags);
	return level;
}

/* Drive a line: SCK of one chip, of several that share it, or of none. */
static void drive(unsigned int offset, int level)
{
	unsigned int hold_ns = 0;
	bool edge[MOST_CHIPS] = {};
	unsigned long flags;
	s64 now_ns;
	int i;

	raw_spin_lock_irqsave(&lock, flags);
	lines[offset].level = !!level;
	now_ns = ktime_get_ns();
	for (i = 0; i < MOST_CHIPS; i++) {
		struct hx711 *chip = &chips[i];
		int before;

		if (!chip->wired || chip->sck != offset)
			continue;
		before = dout_level(chip, now_ns);
		hold_ns = max(hold_ns, drive_sck(chip, level, now_ns));
		edge[i] = wanted(chip->dout, before, dout_level(chip, now_ns));
	}
	raw_spin_unlock_irqrestore(&lock, flags);
	for (i = 0; i < MOST_CHIPS; i++)
		if (edge[i])
			raise_edge(chips[i].dout);
	if (hold_ns)
		udelay(DIV_ROUND_UP(hold_ns, 1000));
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 17, 0)
static int line_set(struct gpio_chip *gc, unsigned int offset, int level)
{
	drive(offset, level);
	return 0;
}
#else
static void line_set(struct gpio_chip *gc, unsigned int offset, int level)
{
	drive(offset, level);
}
#endif

static int line_get_direction(struct gpio_chip *gc, unsigned int offset)
{
	return lines[offset].output ? GPIO_LINE_DIRECTION_OUT : GPIO_LINE_DIRECTION_IN;
}

static int line_input(struct gpio_chip *gc, unsigned int offset)
{
	/* the chip has a pull-down on SCK: a line that nobody drives is low */
	drive(offset, 0);
	lines[offset].output = false;
	return 0;
}

static int line_output(struct gpio_chip *gc, unsigned int offset, int level)
{
	lines[offset].output = true;
	drive(offset, level);
	return 0;
}

static int line_config(struct gpio_chip *gc, unsigned int offset, unsigned long config)
{
	switch (pinconf_to_config_param(config)) {
	case PIN_CONFIG_BIAS_DISABLE:
	case PIN_CONFIG_BIAS_PULL_UP:
	case PIN_CONFIG_BIAS_PULL_DOWN:
		return 0; /* DOUT is driven, so bias changes nothing */
	default:
		return -ENOTSUPP;
	}
}

static void edge_mask(struct irq_data *data)
{
	unsigned int offset = irqd_to_hwirq(data);

	lines[offset].unmasked = false;
	gpiochip_disable_irq(&controller, offset);
}

static void edge_unmask(struct irq_data *data)
{
	unsigned int offset = irqd_to_hwirq(data);

	gpiochip_enable_irq(&controller, offset);
	lines[offset].unmasked = true;
}

static int edge_type(struct irq_data *data, unsigned int type)
{
	if (type & ~IRQ_TYPE_EDGE_BOTH)
		return -EINVAL;
	lines[irqd_to_hwirq(data)].edges = type;
	return 0;
}

static const struct irq_chip edges = {
	.name = "balance-deck",
	.irq_mask = edge_mask,
	.irq_unmask = edge_unmask,
	.irq_set_type = edge_type,
	.flags = IRQCHIP_IMMUTABLE,
	GPIOCHIP_IRQ_RESOURCE_HELPERS,
};

/* --- /dev/balance_deck ------------------------------------------------------------------------------------------- */

static void stop_chips(void)
{
	unsigned long flags;
	int i;

	for (i = 0; i < MOST_CHIPS; i++)
		if (chips[i].wired)
			hrtimer_cancel(&chips[i].timer);
	raw_spin_lock_irqsave(&lock, flags);
	for (i = 0; i < MOST_CHIPS; i++)
		chips[i].wired = false;
	raw_spin_unlock_irqrestore(&lock, flags);
	vfree(table);
	table = NULL;
}

static void start_chip(struct hx711 *chip, const struct deck_wiring *wiring, const s32 *counts)
{
	unsigned long flags;

	memset(chip, 0, sizeof(*chip));
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
	hrtimer_setup(&chip->timer, tick, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_HARD);
#else
	hrtimer_init(&chip->timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_HARD);
	chip->timer.function = tick;
#endif
	chip->sck = wiring->sck;
	chip->dout = wiring->dout;
	chip->counts = counts;
	chip->length = wiring->length;
	chip->first_ready_ns = chip->event_ns = wiring->first_ready_ns;
	chip->period_ns = wiring->period_ns;
	chip->k = -1;
	chip->gain_pulses = PULSES_A128;
	chip->stuck = -1;
	fall_silent(chip);
	raw_spin_lock_irqsave(&lock, flags);
	chip->wired = true;
	if (lines[chip->sck].output && lines[chip->sck].level)
		chip->high_ns = ktime_get_ns();
	raw_spin_unlock_irqrestore(&lock, flags);
	hrtimer_start(&chip->timer, ns_to_ktime(chip->event_ns), HRTIMER_MODE_ABS_HARD);
}

/* Give the chips that run new counts. */
static int load_counts(void *deck, const struct deck_wiring *wiring, u32 count, const s32 *counts)
{
	unsigned long flags;
	u32 i;

	for (i = 0; i < MOST_CHIPS; i++)
		if (chips[i].wired != (i < count) ||
		    (i < count && (chips[i].sck != wiring[i].sck || chips[i].dout != wiring[i].dout)))
			return -EINVAL;
	raw_spin_lock_irqsave(&lock, flags);
	for (i = 0; i < count; i++) {
		chips[i].counts = counts;
		chips[i].length = wiring[i].length;
		counts += wiring[i].length;
	}
	raw_spin_unlock_irqrestore(&lock, flags);
	vfree(table);
	table = deck;
	return 0;
}

/* Check a deck, and take it if it makes sense: then `deck` is ours. */
static int load_deck(void *deck, size_t size)
{
	const struct deck_header *header = deck;
	const struct deck_wiring *wiring = deck + sizeof(*header);
	size_t need = sizeof(*header);
	const s32 *counts;
	u32 i;

	if (header->chips > MOST_CHIPS || size < need + header->chips * sizeof(*wiring))
		return -EINVAL;
	need += header->chips * sizeof(*wiring);
	counts = deck + need;
	for (i = 0; i < header->chips; i++) {
		if (wiring[i].sck >= LINES || wiring[i].dout >= LINES || !wiring[i].length ||
		    wiring[i].length > MOST_BYTES / sizeof(s32) || wiring[i].period_ns < 1000000 ||
		    wiring[i].period_ns > NSEC_PER_SEC || wiring[i].first_ready_ns < 0)
			return -EINVAL;
		need += wiring[i].length * sizeof(s32);
	}
	if (size != need)
		return -EINVAL;
	if (header->magic == MORE_MAGIC)
		return load_counts(deck, wiring, header->chips, counts);
	stop_chips();
	table = deck;
	for (i = 0; i < header->chips; i++) {
		start_chip(&chips[i], &wiring[i], counts);
		counts += wiring[i].length;
	}
	return 0;
}

static int obey(const char *text)
{
	unsigned int number, pulse, hold_ns;
	struct hx711 *chip;
	unsigned long flags;
	int level, extra, before, after;
	bool edge = false;

	if (sscanf(text, "stuck %u %d", &number, &level) == 2) {
		if (number >= MOST_CHIPS || !chips[number].wired || level < -1 || level > 1)
			return -EINVAL;
		chip = &chips[number];
		raw_spin_lock_irqsave(&lock, flags);
		before = dout_level(chip, ktime_get_ns());
		chip->stuck = level;
		fall_silent(chip); /* when it comes loose: until the next update */
		chip->event_ns = 0;
		after = dout_level(chip, ktime_get_ns());
		edge = wanted(chip->dout, before, after);
		raw_spin_unlock_irqrestore(&lock, flags);
		if (edge)
			raise_edge(chip->dout);
		return 0;
	}
	if (sscanf(text, "disturb %u %u %u %d", &number, &pulse, &hold_ns, &extra) == 4) {
		if (number >= MOST_CHIPS || !chips[number].wired || !pulse || pulse > PULSES_A128 ||
		    hold_ns > MOST_HOLD_NS || extra < -1 || extra > 1)
			return -EINVAL;
		chip = &chips[number];
		raw_spin_lock_irqsave(&lock, flags);
		chip->disturb_pulse = pulse;
		chip->disturb_hold_ns = hold_ns;
		chip->disturb_extra = extra;
		raw_spin_unlock_irqrestore(&lock, flags);
		return 0;
	}
	return -EINVAL;
}

static ssize_t deck_write(struct file *file, const char __user *from, size_t size, loff_t *at)
{
	int failure;
	char *data;
	u32 magic;

	if (size < sizeof(struct deck_header) || size > MOST_BYTES)
		return -EINVAL;
	data = vmalloc(size + 1);
	if (!data)
		return -ENOMEM;
	if (copy_from_user(data, from, size)) {
		vfree(data);
		return -EFAULT;
	}
	data[size] = 0;
	mutex_lock(&loading);
	magic = ((struct deck_header *)data)->magic;
	if (magic == DECK_MAGIC || magic == MORE_MAGIC) {
		failure = load_deck(data, size);
		if (!failure)
			data = NULL;
	} else {
		failure = obey(data);
	}
	mutex_unlock(&loading);
	vfree(data);
	return failure ? failure : size;
}

static int deck_show(struct seq_file *out, void *unused)
{
	int i;

	mutex_lock(&loading);
	for (i = 0; i < MOST_CHIPS; i++) {
		struct hx711 chip;
		unsigned long flags;

		raw_spin_lock_irqsave(&lock, flags);
		chip = chips[i];
		raw_spin_unlock_irqrestore(&lock, flags);
		if (!chip.wired)
			continue;
		seq_printf(out, "chip=%d sck=%u dout=%u k=%lld k_first=%lld first_ready_ns=%lld period_ns=%lld ", i,
			   chip.sck, chip.dout, chip.k, chip.k_first, chip.first_ready_ns, chip.period_ns);
		seq_printf(out, "sck_high=%d gain_pulses=%u frames=%llu unread=%llu communication_errors=%llu ",
			   chip.high_ns != 0, chip.gain_pulses, chip.frames, chip.unread, chip.communication_errors);
		seq_printf(out, "power_downs=%llu longest_high_ns=%lld latest_ns=%lld\n", chip.power_downs,
			   chip.longest_high_ns, chip.latest_ns);
	}
	mutex_unlock(&loading);
	return 0;
}

static int deck_open(struct inode *inode, struct file *file)
{
	/* a miscdevice leaves itself in private_data, where seq_file wants nothing */
	file->private_data = NULL;
	return single_open(file, deck_show, NULL);
}

static const struct file_operations deck_operations = {
	.owner = THIS_MODULE,
	.open = deck_open,
	.read = seq_read,
	.write = deck_write,
	.release = single_release,
};

static struct miscdevice deck_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "balance_deck",
	.fops = &deck_operations,
};

/* --- module ------------------------------------------------------------------------------------------------------ */

static int __init deck_init(void)
{
	int i, failure;

	board = platform_device_register_simple("balance-deck", PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(board))
		return PTR_ERR(board);
	for (i = 0; i < LINES; i++) {
		names[i] = devm_kasprintf(&board->dev, GFP_KERNEL, "GPIO%d", i);
		if (!names[i]) {
			failure = -ENOMEM;
			goto no_controller;
		}
	}
	controller.label = label;
	controller.parent = &board->dev;
	controller.owner = THIS_MODULE;
	controller.base = -1;
	controller.ngpio = LINES;
	controller.names = names;
	controller.get_direction = line_get_direction;
	controller.direction_input = line_input;
	controller.direction_output = line_output;
	controller.get = line_get;
	controller.set = line_set;
	controller.set_config = line_config;
	gpio_irq_chip_set_chip(&controller.irq, &edges);
	controller.irq.handler = handle_simple_irq;
	controller.irq.default_type = IRQ_TYPE_NONE;
	failure = gpiochip_add_data(&controller, NULL);
	if (failure)
		goto no_controller;
	failure = misc_register(&deck_device);
	if (failure)
		goto no_device;
	return 0;

no_device:
	gpiochip_remove(&controller);
no_controller:
	platform_device_unregister(board);
	return failure;
}

static void __exit deck_exit(void)
{
	misc_deregister(&deck_device);
	stop_chips();
	gpiochip_remove(&controller);
	platform_device_unregister(board);
}

module_init(deck_init);
module_exit(deck_exit);
MODULE_DESCRIPTION("GPIO controller with HX711 converters, for tests of the balance station");
MODULE_LICENSE("GPL");
