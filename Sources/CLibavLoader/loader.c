// Loads each library of libav at the first call of one of its functions.
//
// Debian's libavfilter, libavcodec and libavformat pull in about 165 shared libraries. Binding their symbols takes
// 0.1 s of CPU in every process that names them as a dependency, also in one that only prints its version, and half of
// it is for libavfilter, which probing never calls. So the program does not depend on them: each function that it calls
// is a jump through a slot. A slot first leads to lt_load, which opens the library and fills all of its slots.
//
// On other systems the libraries are linked as usual (Package.swift) and this file is empty.
#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__))

#define _GNU_SOURCE
#include <dlfcn.h>
#include <libavcodec/version.h>
#include <libavfilter/version.h>
#include <libavformat/version.h>
#include <libavutil/version.h>
#include <libswresample/version.h>
#include <libswscale/version.h>
#include <stdio.h>
#include <stdlib.h>

#define LT_TEXT_(x) #x
#define LT_TEXT(x) LT_TEXT_(x)

enum { LT_avutil, LT_avcodec, LT_avformat, LT_avfilter, LT_swscale, LT_swresample };

// The major version that the headers have: another one has other structures.
static const char *const lt_libraries[] = {
    [LT_avutil] = "libavutil.so." LT_TEXT(LIBAVUTIL_VERSION_MAJOR),
    [LT_avcodec] = "libavcodec.so." LT_TEXT(LIBAVCODEC_VERSION_MAJOR),
    [LT_avformat] = "libavformat.so." LT_TEXT(LIBAVFORMAT_VERSION_MAJOR),
    [LT_avfilter] = "libavfilter.so." LT_TEXT(LIBAVFILTER_VERSION_MAJOR),
    [LT_swscale] = "libswscale.so." LT_TEXT(LIBSWSCALE_VERSION_MAJOR),
    [LT_swresample] = "libswresample.so." LT_TEXT(LIBSWRESAMPLE_VERSION_MAJOR),
};

#define LT_FUNCTION(library, name) extern void *lt_slot_##name __attribute__((visibility("hidden")));
#include "functions.h"
#undef LT_FUNCTION

static const struct {
  int library;
  const char *name;
  void **slot;
} lt_functions[] = {
#define LT_FUNCTION(library, name) {LT_##library, #name, &lt_slot_##name},
#include "functions.h"
#undef LT_FUNCTION
};

static const size_t lt_count = sizeof lt_functions / sizeof lt_functions[0];

static _Noreturn void lt_fail(const char *what) {
  fprintf(stderr, "longtake: %s; install FFmpeg's libraries of the version that longtake was built with\n", what);
  exit(69);
}

// Called by the first use of a slot, on any thread: dlopen locks, and every thread stores the same addresses.
__attribute__((used, visibility("hidden"))) void *lt_load(void **slot) {
  size_t wanted = 0;
  while (wanted < lt_count && lt_functions[wanted].slot != slot) wanted++;
  int library = lt_functions[wanted].library;
  void *handle = dlopen(lt_libraries[library], RTLD_LAZY | RTLD_LOCAL);
  if (!handle) lt_fail(dlerror());
  for (size_t i = 0; i < lt_count; i++) {
    if (lt_functions[i].library != library) continue;
    void *address = dlsym(handle, lt_functions[i].name);
    if (!address) lt_fail(dlerror());
    __atomic_store_n(lt_functions[i].slot, address, __ATOMIC_RELEASE);
  }
  return *slot;
}

#if defined(__x86_64__)

// Arguments in registers are kept: six integers, eight vectors, and al, the number of vectors of a variadic call.
__asm__(
    ".text\n"
    ".type lt_enter, @function\n"
    "lt_enter:\n"
    "  push %rbp\n"
    "  mov %rsp, %rbp\n"
    "  push %rax\n  push %rdi\n  push %rsi\n  push %rdx\n  push %rcx\n  push %r8\n  push %r9\n  push %r11\n"
    "  sub $128, %rsp\n"
    "  movups %xmm0, 0(%rsp)\n  movups %xmm1, 16(%rsp)\n  movups %xmm2, 32(%rsp)\n  movups %xmm3, 48(%rsp)\n"
    "  movups %xmm4, 64(%rsp)\n  movups %xmm5, 80(%rsp)\n  movups %xmm6, 96(%rsp)\n  movups %xmm7, 112(%rsp)\n"
    "  mov %r11, %rdi\n"
    "  call lt_load\n"
    "  mov %rax, %r10\n"
    "  movups 0(%rsp), %xmm0\n  movups 16(%rsp), %xmm1\n  movups 32(%rsp), %xmm2\n  movups 48(%rsp), %xmm3\n"
    "  movups 64(%rsp), %xmm4\n  movups 80(%rsp), %xmm5\n  movups 96(%rsp), %xmm6\n  movups 112(%rsp), %xmm7\n"
    "  add $128, %rsp\n"
    "  pop %r11\n  pop %r9\n  pop %r8\n  pop %rcx\n  pop %rdx\n  pop %rsi\n  pop %rdi\n  pop %rax\n"
    "  pop %rbp\n"
    "  jmp *%r10\n"
    ".size lt_enter, .-lt_enter\n");

#define LT_FUNCTION(library, name)                                             \
  __asm__(".text\n"                                                            \
          ".globl " #name "\n.hidden " #name "\n.type " #name ", @function\n"  \
          #name ":\n  jmp *lt_slot_" #name "(%rip)\n"                          \
          "lt_first_" #name ":\n  lea lt_slot_" #name "(%rip), %r11\n"         \
          "  jmp lt_enter\n"                                                   \
          ".data\n.balign 8\n"                                                 \
          ".globl lt_slot_" #name "\n.hidden lt_slot_" #name "\n"              \
          "lt_slot_" #name ":\n  .quad lt_first_" #name "\n.text\n");
#include "functions.h"
#undef LT_FUNCTION

#else

// Arguments in registers are kept: eight integers, x8 for results in memory, eight vectors.
__asm__(
    ".text\n"
    ".type lt_enter, %function\n"
    "lt_enter:\n"
    "  stp x29, x30, [sp, #-16]!\n  mov x29, sp\n"
    "  stp x0, x1, [sp, #-16]!\n  stp x2, x3, [sp, #-16]!\n  stp x4, x5, [sp, #-16]!\n  stp x6, x7, [sp, #-16]!\n"
    "  stp x8, x16, [sp, #-16]!\n"
    "  stp q0, q1, [sp, #-32]!\n  stp q2, q3, [sp, #-32]!\n  stp q4, q5, [sp, #-32]!\n  stp q6, q7, [sp, #-32]!\n"
    "  mov x0, x16\n"
    "  bl lt_load\n"
    "  mov x17, x0\n"
    "  ldp q6, q7, [sp], #32\n  ldp q4, q5, [sp], #32\n  ldp q2, q3, [sp], #32\n  ldp q0, q1, [sp], #32\n"
    "  ldp x8, x16, [sp], #16\n"
    "  ldp x6, x7, [sp], #16\n  ldp x4, x5, [sp], #16\n  ldp x2, x3, [sp], #16\n  ldp x0, x1, [sp], #16\n"
    "  ldp x29, x30, [sp], #16\n"
    "  br x17\n"
    ".size lt_enter, .-lt_enter\n");

#define LT_FUNCTION(library, name)                                             \
  __asm__(".text\n"                                                            \
          ".globl " #name "\n.hidden " #name "\n.type " #name ", %function\n"  \
          #name ":\n  adrp x16, lt_slot_" #name "\n"                           \
          "  ldr x17, [x16, :lo12:lt_slot_" #name "]\n  br x17\n"              \
          "lt_first_" #name ":\n  adrp x16, lt_slot_" #name "\n"               \
          "  add x16, x16, :lo12:lt_slot_" #name "\n  b lt_enter\n"            \
          ".data\n.balign 8\n"                                                 \
          ".globl lt_slot_" #name "\n.hidden lt_slot_" #name "\n"              \
          "lt_slot_" #name ":\n  .quad lt_first_" #name "\n.text\n");
#include "functions.h"
#undef LT_FUNCTION

#endif
#endif
