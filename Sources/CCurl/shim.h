#ifndef LONGTAKE_CURL_SHIM_H
#define LONGTAKE_CURL_SHIM_H

#include <curl/curl.h>

// curl_easy_setopt, curl_easy_getinfo and curl_multi_setopt are variadic, which Swift does not import.

static inline CURLcode lt_curl_set_long(CURL *easy, CURLoption option, long value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode lt_curl_set_size(CURL *easy, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode lt_curl_set_string(CURL *easy, CURLoption option, const char *value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode lt_curl_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode lt_curl_set_buffer(CURL *easy, CURLoption option, char *buffer) {
  return curl_easy_setopt(easy, option, buffer);
}

typedef size_t (*lt_curl_transfer)(char *bytes, size_t size, size_t count, void *context);
typedef int (*lt_curl_seek)(void *context, curl_off_t offset, int origin);

// The callbacks of one transfer; each gets `context`.
static inline void lt_curl_set_callbacks(
    CURL *easy, void *context, lt_curl_transfer header, lt_curl_transfer write, lt_curl_transfer read,
    lt_curl_seek seek) {
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, context);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, write);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, context);
  curl_easy_setopt(easy, CURLOPT_READFUNCTION, read);
  curl_easy_setopt(easy, CURLOPT_READDATA, context);
  curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, seek);
  curl_easy_setopt(easy, CURLOPT_SEEKDATA, context);
}

typedef int (*lt_curl_socket)(CURL *easy, curl_socket_t socket, int what, void *context, void *socket_context);
typedef int (*lt_curl_timer)(CURLM *multi, long milliseconds, void *context);

static inline void lt_curl_set_multi_callbacks(CURLM *multi, void *context, lt_curl_socket socket, lt_curl_timer timer) {
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, socket);
  curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, context);
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, timer);
  curl_multi_setopt(multi, CURLMOPT_TIMERDATA, context);
}

static inline CURLMcode lt_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
  return curl_multi_setopt(multi, option, value);
}

// A transfer that has ended: its handle and result; false when none is left.
static inline int lt_curl_next_ended(CURLM *multi, CURL **easy, CURLcode *result) {
  int left;
  for (CURLMsg *message; (message = curl_multi_info_read(multi, &left));) {
    if (message->msg != CURLMSG_DONE) continue;
    *easy = message->easy_handle;
    *result = message->data.result;
    return 1;
  }
  return 0;
}

#endif
