// One client connection: reads, keeps the FIFO of requests in flight, writes replies in their order, and stops reading
// while too much is in flight or unsent. Belongs to one loop; freed when its handle is closed and nothing of it is in
// flight.
#pragma once
#include <uv.h>

#include <algorithm>
#include <memory>
#include <string>

#include "core/output.h"
#include "core/request.h"
#include "server/dialogue.h"
#include "server/loop.h"

namespace cachetted::server {

class Session final : public Owner {
 public:
  Session(Loop& loop, bool unix_socket);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Takes over an accepted socket and begins to read; false when the system refuses.
  bool open(int fd, std::unique_ptr<Dialogue> dialogue);

  // --- for its dialogue ---
  Request* begin();           // a new request, last in the FIFO
  void submit(Request* r);    // to the pipeline and the store
  void answered(Request* r);  // its reply is filled in already
  // Whether another command may be parsed now.
  bool may_parse() const { return pause_ == 0 && quota_ > 0 && state_ == State::open; }
  // The commands behind wait until everything in flight is answered.
  void wait_for_replies() { pause(kBarrier); }
  // Looks at no more input; closes once all is answered and sent.
  void close_after_replies(metrics::CutReason reason);
  void reset_when_quiet() { abrupt_ = true; }  // ends it by a reset, once it has been silent for a while
  void close_after_replies();
  Loop& loop() { return loop_; }

  // --- for its loop ---
  void flush();
  void resume();      // parses on from what is buffered
  void drain();       // takes what has arrived by now, then closes after the replies
  void wait_turn() {  // what it asked is to be run in a later tick: it asks no more until then
    if (state_ != State::closed) pause(kBarrier);
  }
  void hold_value(Request& r);           // makes it keep the buffer that its large value was read into
  void check(uint64_t now);              // now and then: idle, stalled, lingering
  void kill(metrics::CutReason reason);  // closes at once; what is in flight is answered to nobody
  size_t place = 0;                      // in the loop's list
  bool resuming = false;                 // listed to be resumed

  // --- for CLIENT LIST and the like ---
  std::string peer_address() const;
  std::string local_address() const;
  int fd() const;
  uint64_t created() const { return created_; }
  uint64_t last_input() const { return last_input_; }
  size_t buffered() const { return end_ - begin_; }
  size_t unsent() const { return out_.size(); }
  Dialogue& dialogue() { return *dialogue_; }
  bool closed() const { return state_ == State::closed; }

 private:
  // finishing: no input; closes when all is sent. lingering: closed for writing, and swallows input until the client
  // has taken everything.
  enum class State : uint8_t { open, finishing, lingering, closed };
  enum Pause : uint8_t { kBarrier = 1, kUnsent = 2, kInFlight = 4, kQuota = 8 };

  static void on_alloc(uv_handle_t* h, size_t, uv_buf_t* buf);
  static void on_read(uv_stream_t* s, ssize_t n, const uv_buf_t* buf);
  static void on_written(uv_write_t* w, int status);
  static void on_closed(uv_handle_t* h);

  void read(char* data, size_t n);
  void parse(const char* data, size_t n, bool own);
  void keep(const char* data, size_t n, size_t wanted);
  void pause(Pause reason);
  void unpause(Pause reason);
  void start_reading();
  void stop_reading();
  void compose_replies();
  void keep_replies();
  void write_out();
  unsigned next_slices(uv_buf_t* slices, size_t most, size_t& bytes) const;
  void finish_if_idle();
  void end_if_drained();
  void linger();
  void sent(size_t n);
  size_t unsent_limit() const;
  bool holds_too_much() const;
  void set_pace(size_t composed, uint32_t replies);
  // How many commands may be parsed now.
  uint32_t room() const { return pace_ - std::min(pace_, in_flight); }
  size_t untaken() const;
  void close();
  uv_stream_t* stream() { return reinterpret_cast<uv_stream_t*>(&handle_); }

  Loop& loop_;
  union {
    uv_tcp_t tcp;
    uv_pipe_t pipe;
  } handle_;
  uv_write_t write_;
  std::unique_ptr<Dialogue> dialogue_;
  Output out_;
  size_t writing_ = 0;   // bytes of out_ that a uv_write has in hand
  size_t untaken_ = 0;   // when last checked; see untaken()
  Blob* own_ = nullptr;  // input that makes no whole command yet, from begin_ to end_
  size_t begin_ = 0, end_ = 0, capacity_ = 0;
  struct Budget {  // bytes of one turn of the loop
    uint64_t turn = 0;
    size_t used = 0;
    size_t left(uint64_t now, size_t most) {
      if (turn != now) turn = now, used = 0;
      return most - std::min(most, used);
    }
  } read_, written_;
  size_t undrained_ = 0;  // bytes still to be read before a draining session finishes
  uint64_t created_, last_input_, last_progress_;
  uint64_t awaits_last_ = 0;  // draining: since when the rest of the last command is awaited, steady ns
  uint32_t quota_;            // commands that may still be parsed in this tick
  uint32_t pace_;             // commands that may be in flight
  size_t reply_size_ = 0;     // bytes, of the largest lately
  uint8_t pause_ = 0;
  State state_ = State::open;
  bool unix_ = false;
  bool reading_ = false;
  bool draining_ = false;
  bool took_last_ = false;  // draining: the rest of the last command is here
  bool abrupt_ = false;     // see reset_when_quiet()
  bool counted_paused_ = false;
  bool closed_ = false;  // the handle is closed
};

}  // namespace cachetted::server
