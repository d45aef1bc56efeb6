// The parts of libav that Swift cannot import: macros, error codes, variadic logging, and the places where FFmpeg versions
// differ. FFmpeg 5.1 is the floor; version branches live in this file alone.
#ifndef LONGTAKE_CLIBAV_SHIM_H
#define LONGTAKE_CLIBAV_SHIM_H

#include <errno.h>
#ifdef __linux__
#include <malloc.h>
#endif
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavcodec/bsf.h>
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
#include <libavutil/channel_layout.h>
#include <libavutil/dict.h>
#include <libavutil/display.h>
#include <libavutil/dovi_meta.h>
#include <libavutil/error.h>
#include <libavutil/imgutils.h>
#include <libavutil/log.h>
#include <libavutil/mastering_display_metadata.h>
#include <libavutil/mathematics.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libavutil/samplefmt.h>
#include <libavutil/spherical.h>
#include <libavutil/stereo3d.h>
#include <libswresample/swresample.h>
#include <libswscale/swscale.h>

#if LIBAVCODEC_VERSION_MAJOR < 59 || (LIBAVCODEC_VERSION_MAJOR == 59 && LIBAVCODEC_VERSION_MINOR < 37)
#error "longtake needs FFmpeg 5.1 or newer"
#endif

static const int64_t lt_nopts = INT64_MIN;
static const int lt_error_eof = AVERROR_EOF;
static const int lt_error_again = AVERROR(EAGAIN);
static const int lt_error_invalid_data = AVERROR_INVALIDDATA;
static const int lt_error_decoder_not_found = AVERROR_DECODER_NOT_FOUND;
static const int lt_error_encoder_not_found = AVERROR_ENCODER_NOT_FOUND;
static const int lt_error_demuxer_not_found = AVERROR_DEMUXER_NOT_FOUND;
static const int lt_error_stream_not_found = AVERROR_STREAM_NOT_FOUND;
static const int lt_error_no_memory = AVERROR(ENOMEM);
static const int lt_error_no_space = AVERROR(ENOSPC);
static const int lt_error_not_found = AVERROR(ENOENT);
static const int lt_error_not_directory = AVERROR(ENOTDIR);
static const int lt_error_link_loop = AVERROR(ELOOP);
static const int lt_error_name_too_long = AVERROR(ENAMETOOLONG);
static const int lt_error_access = AVERROR(EACCES);
static const int lt_error_read_only = AVERROR(EROFS);
static const int lt_error_io = AVERROR(EIO);
static const int lt_error_unsupported = AVERROR(ENOSYS);

/// The user data of the format, codec or filter graph that a logging context belongs to; NULL when it has none.
static inline void *lt_log_owner(void *context) {
  for (int depth = 0; context && depth < 4; depth++) {
    const AVClass *type = *(const AVClass **)context;
    if (!type) return NULL;
    if (!strcmp(type->class_name, "AVCodecContext")) return ((AVCodecContext *)context)->opaque;
    if (!strcmp(type->class_name, "AVFormatContext")) return ((AVFormatContext *)context)->opaque;
    if (!strcmp(type->class_name, "AVFilter")) {
      AVFilterGraph *graph = ((AVFilterContext *)context)->graph;
      return graph ? graph->opaque : NULL;
    }
    if (!strcmp(type->class_name, "AVFilterGraph")) return ((AVFilterGraph *)context)->opaque;
    if (!type->parent_log_context_offset) return NULL;
    context = *(void **)((uint8_t *)context + type->parent_log_context_offset);
  }
  return NULL;
}

/// One message of libav as text, after the name of the context that logs it.
static inline void lt_log_format(void *context, int level, const char *format, va_list arguments, char *line, int size) {
  int print_prefix = 0;
  const char *name = NULL;
  if (context) {
    const AVClass *type = *(const AVClass **)context;
    if (type && type->item_name) name = type->item_name(context);
  }
  int used = 0;
  if (name) used = snprintf(line, size, "%s: ", name);
  if (used < 0 || used >= size) used = 0;
  va_list copy;
  va_copy(copy, arguments);
  av_log_format_line2(NULL, level, format, copy, line + used, size - used, &print_prefix);
  va_end(copy);
}

static inline void lt_codec_set_owner(AVCodecContext *context, uint64_t owner) { context->opaque = (void *)(uintptr_t)owner; }
static inline void lt_format_set_owner(AVFormatContext *context, uint64_t owner) { context->opaque = (void *)(uintptr_t)owner; }
static inline void lt_graph_set_owner(AVFilterGraph *graph, uint64_t owner) { graph->opaque = (void *)(uintptr_t)owner; }

/// `AVCodecParameters.profile` when there is none: FF_PROFILE_UNKNOWN until FFmpeg 8, AV_PROFILE_UNKNOWN from 6.1.
#ifdef AV_PROFILE_UNKNOWN
static const int lt_profile_unknown = AV_PROFILE_UNKNOWN;
#else
static const int lt_profile_unknown = FF_PROFILE_UNKNOWN;
#endif

/// Macros until FFmpeg 7, an enumeration from 8.
static const int lt_sws_area = SWS_AREA;
static const int lt_sws_bicubic = SWS_BICUBIC;
static const int lt_sws_lanczos = SWS_LANCZOS;
static const int lt_sws_accurate = SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP;

/// A scaler; `SwsContext` is opaque until FFmpeg 7 and a public structure from 8.
typedef struct lt_scaler lt_scaler;

static inline lt_scaler *lt_scaler_new(
    int width, int height, enum AVPixelFormat format, int target_width, int target_height, enum AVPixelFormat target_format,
    int flags) {
  return (lt_scaler *)sws_getContext(
      width, height, format, target_width, target_height, target_format, flags, NULL, NULL, NULL);
}

static inline void lt_scaler_free(lt_scaler *scaler) { sws_freeContext((struct SwsContext *)scaler); }

static inline int lt_scaler_set_color(lt_scaler *scaler, const int *from, int is_full, const int *to, int is_target_full) {
  return sws_setColorspaceDetails((struct SwsContext *)scaler, from, is_full, to, is_target_full, 0, 1 << 16, 1 << 16);
}

static inline int lt_scaler_scale(
    lt_scaler *scaler, const uint8_t *const planes[], const int strides[], int height, uint8_t *const target_planes[],
    const int target_strides[]) {
  return sws_scale((struct SwsContext *)scaler, planes, strides, 0, height, target_planes, target_strides);
}

/// Tells a source of frames their matrix and range, which FFmpeg 7.0 and newer compare with those of the frames.
static inline int lt_buffersrc_set_color(AVFilterContext *source, int matrix, int range) {
#if LIBAVFILTER_VERSION_MAJOR > 9
  AVBufferSrcParameters *parameters = av_buffersrc_parameters_alloc();
  if (!parameters) return AVERROR(ENOMEM);
  parameters->color_space = (enum AVColorSpace)matrix;
  parameters->color_range = (enum AVColorRange)range;
  int status = av_buffersrc_parameters_set(source, parameters);
  av_free(parameters);
  return status;
#else
  (void)source, (void)matrix, (void)range;
  return 0;
#endif
}

/// The duration of a decoded frame in its time base; 0 when unknown.
static inline int64_t lt_frame_duration(const AVFrame *frame) {
#if LIBAVUTIL_VERSION_MAJOR > 57
  return frame->duration;
#else
  return frame->pkt_duration;
#endif
}

static inline void lt_frame_set_key(AVFrame *frame, int key) {
#if LIBAVUTIL_VERSION_MAJOR > 58
  if (key) frame->flags |= AV_FRAME_FLAG_KEY; else frame->flags &= ~AV_FRAME_FLAG_KEY;
#else
  frame->key_frame = key;
#endif
}

static inline int lt_frame_is_key(const AVFrame *frame) {
#if LIBAVUTIL_VERSION_MAJOR > 58
  return (frame->flags & AV_FRAME_FLAG_KEY) != 0;
#else
  return frame->key_frame;
#endif
}

static inline int lt_frame_is_interlaced(const AVFrame *frame) {
#if LIBAVUTIL_VERSION_MAJOR > 58
  return (frame->flags & AV_FRAME_FLAG_INTERLACED) != 0;
#else
  return frame->interlaced_frame;
#endif
}

/// The 3×3 display matrix of a stream (nine 16.16 numbers), or NULL.
static inline const int32_t *lt_display_matrix(const AVStream *stream) {
#if LIBAVCODEC_VERSION_MAJOR > 60
  const AVPacketSideData *data = av_packet_side_data_get(
      stream->codecpar->coded_side_data, stream->codecpar->nb_coded_side_data, AV_PKT_DATA_DISPLAYMATRIX);
  return data && data->size >= 9 * sizeof(int32_t) ? (const int32_t *)data->data : NULL;
#else
  size_t size = 0;
  const uint8_t *data = av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
  return data && size >= 9 * sizeof(int32_t) ? (const int32_t *)data : NULL;
#endif
}

/// Memory for side data of one type in a stream that is written; NULL when there is none.
static inline uint8_t *lt_new_side_data(AVStream *stream, enum AVPacketSideDataType type, size_t size) {
#if LIBAVCODEC_VERSION_MAJOR > 60
  AVPacketSideData *data = av_packet_side_data_new(
      &stream->codecpar->coded_side_data, &stream->codecpar->nb_coded_side_data, type, size, 0);
  return data ? data->data : NULL;
#else
  return av_stream_new_side_data(stream, type, size);
#endif
}

static inline int lt_has_side_data(const AVStream *stream, enum AVPacketSideDataType type) {
#if LIBAVCODEC_VERSION_MAJOR > 60
  return av_packet_side_data_get(stream->codecpar->coded_side_data, stream->codecpar->nb_coded_side_data, type) != NULL;
#else
  return av_stream_get_side_data(stream, type, NULL) != NULL;
#endif
}

/// The number of side data entries in a stream's header.
static inline int lt_side_data_count(const AVStream *stream) {
#if LIBAVCODEC_VERSION_MAJOR > 60
  return stream->codecpar->nb_coded_side_data;
#else
  return stream->nb_side_data;
#endif
}

static inline const AVPacketSideData *lt_side_data(const AVStream *stream, int index) {
#if LIBAVCODEC_VERSION_MAJOR > 60
  return &stream->codecpar->coded_side_data[index];
#else
  return &stream->side_data[index];
#endif
}

static inline int lt_has_closed_captions(const AVCodecContext *context) {
#if LIBAVCODEC_VERSION_MAJOR > 62
  // Gone after FFmpeg 8.
  (void)context;
  return 0;
#else
  return (context->properties & FF_CODEC_PROPERTY_CLOSED_CAPTIONS) != 0;
#endif
}

static inline int lt_has_film_grain(const AVCodecContext *context) {
#if LIBAVCODEC_VERSION_MAJOR > 62
  (void)context;
  return 0;
#else
  return (context->properties & FF_CODEC_PROPERTY_FILM_GRAIN) != 0;
#endif
}

/// Makes the C library map blocks of at least this size separately and return them at once when freed.
static inline void lt_map_blocks_from(int bytes) {
#ifdef M_MMAP_THRESHOLD
  mallopt(M_MMAP_THRESHOLD, bytes);
#endif
}

static inline void lt_keep_free(int bytes) {
#ifdef M_TRIM_THRESHOLD
  mallopt(M_TRIM_THRESHOLD, bytes);
#endif
}

#endif
