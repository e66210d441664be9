// Coroutines: a request's steps, each of which asks DynamoDB something and waits for it, stand in one function from the
// first to the last. A Task runs when it is awaited, and belongs to whoever awaits it. On its loop's thread.
#pragma once
#include <coroutine>
#include <exception>
#include <utility>

namespace cachetted::dynamodb {

namespace task {

struct PromiseBase {
  std::coroutine_handle<> behind;  // who awaits it

  std::suspend_always initial_suspend() noexcept { return {}; }
  struct Last {
    bool await_ready() noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) noexcept {
      return h.promise().behind ? h.promise().behind : std::noop_coroutine();
    }
    void await_resume() noexcept {}
  };
  Last final_suspend() noexcept { return {}; }
  void unhandled_exception() { std::terminate(); }
};

template <class T>
struct Promise : PromiseBase {
  T value{};
  void return_value(T v) { value = v; }
};

template <>
struct Promise<void> : PromiseBase {
  void return_void() {}
};

}  // namespace task

template <class T = void>
class Task {
 public:
  struct promise_type : task::Promise<T> {
    Task get_return_object() { return Task(std::coroutine_handle<promise_type>::from_promise(*this)); }
  };

  Task() = default;
  Task(Task&& other) noexcept : body_(std::exchange(other.body_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    std::swap(body_, other.body_);
    return *this;
  }
  ~Task() {
    if (body_) body_.destroy();
  }

  bool done() const { return body_.done(); }
  // Of one that nobody awaits: begins it.
  void start() { body_.resume(); }

  bool await_ready() const { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) {
    body_.promise().behind = awaiting;
    return body_;
  }
  T await_resume() {
    if constexpr (!std::is_void_v<T>) return body_.promise().value;
  }

 private:
  explicit Task(std::coroutine_handle<promise_type> body) : body_(body) {}
  std::coroutine_handle<promise_type> body_;
};

// Where a Task waits for what comes from outside: whoever brings it calls wake().
class Signal {
 public:
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> h) { waiting_ = h; }
  void await_resume() {}
  void wake() {
    if (const auto h = std::exchange(waiting_, nullptr)) h.resume();
  }

 private:
  std::coroutine_handle<> waiting_;
};

}  // namespace cachetted::dynamodb
