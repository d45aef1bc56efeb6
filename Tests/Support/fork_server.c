// Preloaded into a program (LD_PRELOAD), it turns the program into a server that runs it once for each request, in a fork:
// what the dynamic loader does for ffmpeg's two hundred libraries, 0.1 s of CPU, is then done once.
//
// Environment: FORK_SERVER, the path of the Unix socket to listen at. The server ends when its standard input does.
// Request: the strings folder, input, output, errors (paths), arguments[0], arguments[1] …, each ended by a zero byte, then
// end of file. Answer: the wait status of the program, a 32-bit integer.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

typedef int (*entry)(int, char **, char **);

static entry program;

static void redirect(int target, const char *path, int flags) {
  int file = open(path, flags);
  if (file < 0 || dup2(file, target) < 0) _exit(127);
  close(file);
}

// The strings of a request; NULL when it is cut short.
static char **receive(int connection, int *count) {
  size_t size = 0, capacity = 1 << 16;
  char *bytes = malloc(capacity);
  for (;;) {
    if (size == capacity) bytes = realloc(bytes, capacity *= 2);
    ssize_t more = bytes ? read(connection, bytes + size, capacity - size) : -1;
    if (more < 0 && errno == EINTR) continue;
    if (more < 0) return NULL;
    if (more == 0) break;
    size += (size_t)more;
  }
  if (size == 0 || bytes[size - 1] != 0) return NULL;
  *count = 0;
  for (size_t i = 0; i < size; i++) *count += bytes[i] == 0;
  char **strings = calloc((size_t)*count + 1, sizeof *strings);
  if (!strings) return NULL;
  char *next = bytes;
  for (int i = 0; i < *count; i++, next += strlen(next) + 1) strings[i] = next;
  return strings;
}

static void answer(int connection) {
  signal(SIGCHLD, SIG_DFL);
  int count;
  char **strings = receive(connection, &count);
  if (!strings || count < 5) _exit(1);
  pid_t child = fork();
  if (child < 0) _exit(1);
  if (child == 0) {
    close(connection);
    if (chdir(strings[0]) != 0) _exit(127);
    redirect(STDIN_FILENO, strings[1], O_RDONLY);
    redirect(STDOUT_FILENO, strings[2], O_WRONLY);
    redirect(STDERR_FILENO, strings[3], O_WRONLY);
    exit(program(count - 4, strings + 4, environ));
  }
  int status;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) _exit(1);
  }
  int32_t result = status;
  _exit(write(connection, &result, sizeof result) == sizeof result ? 0 : 1);
}

static int serve(int count, char **arguments, char **environment) {
  const char *path = getenv("FORK_SERVER");
  if (!path) return program(count, arguments, environment);
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) return 1;
  strcpy(address.sun_path, path);
  unsetenv("FORK_SERVER");
  unsetenv("LD_PRELOAD");
  int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 64) != 0)
    return 1;
  signal(SIGCHLD, SIG_IGN);
  if (write(STDOUT_FILENO, "ready\n", 6) != 6) return 1;
  for (;;) {
    struct pollfd events[] = {{.fd = listener, .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
    if (poll(events, 2, -1) < 0) continue;
    if (events[1].revents) return 0;
    int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (connection < 0) continue;
    if (fork() == 0) {
      close(listener);
      answer(connection);
    }
    close(connection);
  }
}

int __libc_start_main(
    entry main, int count, char **arguments, void (*init)(void), void (*fini)(void), void (*loader_fini)(void),
    void *stack_end) {
  int (*start)(entry, int, char **, void (*)(void), void (*)(void), void (*)(void), void *) =
      dlsym(RTLD_NEXT, "__libc_start_main");
  program = main;
  return start(serve, count, arguments, init, fini, loader_fini, stack_end);
}
