/* SPDX-License-Identifier: Apache-2.0 */
/* QEMU 7.2 TCG plugin (API version 1): exact number of executed guest instructions, in total and per function.
   Build: gcc -O2 -shared -fPIC icount_plugin.c -o libicnt.so
   Use:   -plugin ./libicnt.so[,start=0x..,end=0x..][,top=N][,out=FILE]
     start,end  count only instructions at addresses in [start,end)
     top        functions listed, most expensive first (default 40)
     out        report file (default: stderr)
   The guest ELF must keep its symbol table. One virtual CPU is assumed.
   Debian ships no qemu-plugin.h, so the few prototypes needed are declared here. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef struct qemu_info qemu_info_t; /* not used */
typedef void (*tb_trans_cb)(qemu_plugin_id_t, struct qemu_plugin_tb *);
typedef void (*udata_cb)(qemu_plugin_id_t, void *);
extern void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, tb_trans_cb);
extern void qemu_plugin_register_atexit_cb(qemu_plugin_id_t, udata_cb, void *);
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
extern struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
extern uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *);
extern const char *qemu_plugin_insn_symbol(const struct qemu_plugin_insn *);
extern void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *, int op, void *ptr, uint64_t imm);

#define EXPORT __attribute__((visibility("default")))
EXPORT int qemu_plugin_version = 1;

enum { ADD_U64 = 0, MAXS = 4096 };
typedef struct { char name[120]; uint64_t n; } entry;
static entry sym[MAXS];
static int nsym, top = 40;
static uint64_t total, lo = 0, hi = UINT64_MAX;
static const char *outp;

static uint64_t *slot(const char *s) {
  if (!s) s = "?";
  for (int i = 0; i < nsym; i++)
    if (!strncmp(sym[i].name, s, sizeof sym[i].name - 1)) return &sym[i].n;
  if (nsym == MAXS) return &sym[MAXS - 1].n; /* table full: lump the rest together */
  snprintf(sym[nsym].name, sizeof sym[0].name, "%s", s);
  return &sym[nsym++].n;
}

static void on_tb(qemu_plugin_id_t id, struct qemu_plugin_tb *t) {
  (void)id;
  for (size_t i = 0, n = qemu_plugin_tb_n_insns(t); i < n; i++) {
    struct qemu_plugin_insn *q = qemu_plugin_tb_get_insn(t, i);
    uint64_t a = qemu_plugin_insn_vaddr(q);
    if (a < lo || a >= hi) continue;
    qemu_plugin_register_vcpu_insn_exec_inline(q, ADD_U64, &total, 1);
    qemu_plugin_register_vcpu_insn_exec_inline(q, ADD_U64, slot(qemu_plugin_insn_symbol(q)), 1);
  }
}

static int by_count(const void *a, const void *b) {
  uint64_t x = ((const entry *)a)->n, y = ((const entry *)b)->n;
  return x < y ? 1 : x > y ? -1 : 0;
}

static void on_exit_(qemu_plugin_id_t id, void *p) {
  (void)id;
  (void)p;
  FILE *f = outp ? fopen(outp, "w") : stderr;
  if (!f) return;
  fprintf(f, "total %llu\n", (unsigned long long)total);
  qsort(sym, (size_t)nsym, sizeof sym[0], by_count);
  for (int i = 0; i < nsym && i < top; i++)
    if (sym[i].n) fprintf(f, "%12llu %s\n", (unsigned long long)sym[i].n, sym[i].name);
  fflush(f);
  if (outp) fclose(f);
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv) {
  (void)info;
  for (int i = 0; i < argc; i++) {
    if (!strncmp(argv[i], "start=", 6)) lo = strtoull(argv[i] + 6, 0, 0);
    else if (!strncmp(argv[i], "end=", 4)) hi = strtoull(argv[i] + 4, 0, 0);
    else if (!strncmp(argv[i], "top=", 4)) top = atoi(argv[i] + 4);
    else if (!strncmp(argv[i], "out=", 4)) outp = strdup(argv[i] + 4);
    else { fprintf(stderr, "icount_plugin: unknown argument %s\n", argv[i]); return -1; }
  }
  qemu_plugin_register_vcpu_tb_trans_cb(id, on_tb);
  qemu_plugin_register_atexit_cb(id, on_exit_, 0);
  return 0;
}
