/* SPDX-License-Identifier: Apache-2.0 */
/* QEMU 7.2 TCG plugin (API version 1): data-access oracle.
   Build: gcc -O2 -shared -fPIC memwatch.c -o libmemwatch.so
   Use:   -plugin ./libmemwatch.so,r=arena:0x20000100:0x20004100,r=stack:0x2000e000:0x20010000[,align=N][,out=FILE]
     r=NAME:LO:HI  an address range [LO,HI); up to 16, the first match wins
     align         largest alignment ever required (default 4: Arm allows ldrd, vldr d and vpush at multiples of 4)
     out           report file (default: stderr)
   Report: loads, stores and the written span of each range; loads and stores outside every range, with pc and
   address of the first such store; accesses whose address is not a multiple of min(size, align), with the first pc. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
typedef uint32_t qemu_plugin_meminfo_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef struct qemu_info qemu_info_t; /* not used */
typedef void (*tb_trans_cb)(qemu_plugin_id_t, struct qemu_plugin_tb *);
typedef void (*udata_cb)(qemu_plugin_id_t, void *);
typedef void (*mem_cb)(unsigned, qemu_plugin_meminfo_t, uint64_t, void *);
extern void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, tb_trans_cb);
extern void qemu_plugin_register_atexit_cb(qemu_plugin_id_t, udata_cb, void *);
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
extern struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
extern uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *);
extern void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *, mem_cb, int flags, int rw, void *);
extern unsigned qemu_plugin_mem_size_shift(qemu_plugin_meminfo_t);
extern bool qemu_plugin_mem_is_store(qemu_plugin_meminfo_t);

#define EXPORT __attribute__((visibility("default")))
EXPORT int qemu_plugin_version = 1;

enum { NO_REGS = 0, MEM_RW = 3, MAXR = 16 };
static struct { char name[32]; uint64_t lo, hi, ld, st, wmin, wmax; } R[MAXR];
static int nr;
static const char *outp;
static uint64_t max_align = 4;
static uint64_t misaligned, misaligned_pc, other_ld, other_st, other_pc, other_addr;

static void on_mem(unsigned cpu, qemu_plugin_meminfo_t i, uint64_t a, void *u) {
  (void)cpu;
  const uint64_t pc = (uint64_t)(uintptr_t)u, sz = 1u << qemu_plugin_mem_size_shift(i);
  const bool store = qemu_plugin_mem_is_store(i);
  if ((a & ((sz < max_align ? sz : max_align) - 1)) && !misaligned++) misaligned_pc = pc;
  for (int k = 0; k < nr; k++) {
    if (a < R[k].lo || a >= R[k].hi) continue;
    if (!store) { R[k].ld++; return; }
    R[k].st++;
    if (a < R[k].wmin) R[k].wmin = a;
    if (a + sz > R[k].wmax) R[k].wmax = a + sz;
    return;
  }
  if (!store) other_ld++;
  else if (!other_st++) { other_pc = pc; other_addr = a; }
}

static void on_tb(qemu_plugin_id_t id, struct qemu_plugin_tb *t) {
  (void)id;
  for (size_t i = 0, n = qemu_plugin_tb_n_insns(t); i < n; i++) {
    struct qemu_plugin_insn *q = qemu_plugin_tb_get_insn(t, i);
    qemu_plugin_register_vcpu_mem_cb(q, on_mem, NO_REGS, MEM_RW, (void *)(uintptr_t)qemu_plugin_insn_vaddr(q));
  }
}

static void on_exit_(qemu_plugin_id_t id, void *p) {
  (void)id;
  (void)p;
  typedef unsigned long long ull;
  FILE *f = outp ? fopen(outp, "w") : stderr;
  if (!f) return;
  for (int k = 0; k < nr; k++) {
    fprintf(f, "%s loads=%llu stores=%llu", R[k].name, (ull)R[k].ld, (ull)R[k].st);
    if (R[k].st)
      fprintf(f, " written=[%#llx,%#llx) span=%llu", (ull)R[k].wmin, (ull)R[k].wmax, (ull)(R[k].wmax - R[k].wmin));
    fputc('\n', f);
  }
  fprintf(f, "other loads=%llu stores=%llu first_store pc=%#llx addr=%#llx\n", (ull)other_ld, (ull)other_st,
          (ull)other_pc, (ull)other_addr);
  fprintf(f, "misaligned=%llu first_pc=%#llx\n", (ull)misaligned, (ull)misaligned_pc);
  fflush(f);
  if (outp) fclose(f);
}

static int add_range(const char *spec) {
  char *s = strdup(spec), *name = strtok(s, ":"), *lo = strtok(0, ":"), *hi = strtok(0, ":");
  if (!name || !lo || !hi || nr == MAXR) { free(s); return -1; }
  snprintf(R[nr].name, sizeof R[nr].name, "%s", name);
  R[nr].lo = strtoull(lo, 0, 0);
  R[nr].hi = strtoull(hi, 0, 0);
  R[nr++].wmin = UINT64_MAX;
  free(s);
  return 0;
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv) {
  (void)info;
  for (int i = 0; i < argc; i++) {
    if (!strncmp(argv[i], "out=", 4)) outp = strdup(argv[i] + 4);
    else if (!strncmp(argv[i], "align=", 6)) max_align = strtoull(argv[i] + 6, 0, 0);
    else if (strncmp(argv[i], "r=", 2) || add_range(argv[i] + 2)) {
      fprintf(stderr, "memwatch: bad argument %s\n", argv[i]);
      return -1;
    }
  }
  qemu_plugin_register_vcpu_tb_trans_cb(id, on_tb);
  qemu_plugin_register_atexit_cb(id, on_exit_, 0);
  return 0;
}
