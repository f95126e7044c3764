//! Threads that work ahead of the one that reads.
//!
//! Readers hand out jobs and take their results in an order of their own. The thread that reads never only waits while there
//! is a job to do: it does the job itself, so that two threads share the work evenly whichever of them has more of it.

use std::any::Any;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

type Job = Box<dyn FnOnce(&Queue) + Send>;

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    /// Jobs that may wait for input. The thread that reads never does one: what is ready must not wait for what comes later.
    reads: VecDeque<Job>,
    /// What a job of another thread panicked with.
    panic: Option<Box<dyn Any + Send>>,
    closed: bool,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Told when there is a job, or no more will come.
    work: Condvar,
    /// Told when a job is done.
    done: Condvar,
}

/// Where jobs are put.
#[derive(Clone)]
pub(crate) struct Queue(Arc<Shared>);

impl Queue {
    /// A job panics outside of the lock, so that the state is whole whatever happened.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a job behind those that wait.
    pub(crate) fn start(&self, job: impl FnOnce(&Queue) + Send + 'static) {
        self.put(Box::new(job), |state| &mut state.jobs);
    }

    /// Puts a job that may wait for input: it is begun before others, so that these have something to do.
    pub(crate) fn start_read(&self, job: impl FnOnce(&Queue) + Send + 'static) {
        self.put(Box::new(job), |state| &mut state.reads);
    }

    fn put(&self, job: Job, queue: impl FnOnce(&mut State) -> &mut VecDeque<Job>) {
        let mut state = self.lock();
        // A job holds this queue: kept after the end, both would hold each other for ever.
        if !state.closed {
            queue(&mut state).push_back(job);
            drop(state);
            self.0.work.notify_one();
            // A job put by another thread is one that the reading thread may help with.
            self.0.done.notify_one();
        }
    }

    /// Does jobs until there will be no more.
    fn work(&self) {
        let mut state = self.lock();
        while !state.closed {
            let Some(job) = state.reads.pop_front().or_else(|| state.jobs.pop_front()) else {
                state = self.0.work.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            drop(state);
            let ended = catch_unwind(AssertUnwindSafe(|| job(self)));
            state = self.lock();
            if let Err(panic) = ended {
                state.panic = Some(panic);
            }
            self.0.done.notify_one();
        }
    }
}

/// The threads, for as long as this is kept.
pub(crate) struct Pool {
    queue: Queue,
}

impl Pool {
    /// So many threads, that of the caller included; `None` where that is the only one, or the system gives no other.
    pub(crate) fn new(threads: usize) -> Option<Self> {
        let queue = Queue(Arc::default());
        let mut others = 0;
        for _ in 1..threads {
            let queue = queue.clone();
            let thread = std::thread::Builder::new().name("tracemend-read".to_owned());
            others += usize::from(thread.spawn(move || queue.work()).is_ok());
        }
        (others > 0).then_some(Self { queue })
    }

    /// Where jobs are put.
    pub(crate) fn queue(&self) -> &Queue {
        &self.queue
    }

    /// Waits for what a job leaves behind, and does other jobs meanwhile. `look` returns it where it is there; it must not put
    /// jobs. A panic of a job goes on here.
    pub(crate) fn wait_for<T>(&self, mut look: impl FnMut() -> Option<T>) -> T {
        loop {
            if let Some(found) = look() {
                return found;
            }
            let mut state = self.queue.lock();
            if let Some(panic) = state.panic.take() {
                drop(state);
                resume_unwind(panic);
            }
            if let Some(job) = state.jobs.pop_front() {
                drop(state);
                job(&self.queue);
                continue;
            }
            // Jobs end under the lock: what is not there now is told of later.
            if let Some(found) = look() {
                return found;
            }
            drop(self.queue.0.done.wait(state));
        }
    }
}

/// The threads end with the job that they are at. Nobody waits for them: one may wait for input that never comes.
impl Drop for Pool {
    fn drop(&mut self) {
        let mut state = self.queue.lock();
        state.closed = true;
        let left = (std::mem::take(&mut state.jobs), std::mem::take(&mut state.reads));
        drop(state);
        self.queue.0.work.notify_all();
        // Outside of the lock, because jobs may hold anything.
        drop(left);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::sync::Weak;
    use std::sync::mpsc::channel;
    use std::time::{Duration, Instant};

    fn ended(shared: &Weak<Shared>) -> bool {
        let begun = Instant::now();
        while shared.strong_count() > 0 && begun.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(1));
        }
        shared.strong_count() == 0
    }

    #[test]
    fn one_thread_is_no_pool() {
        assert!(Pool::new(0).is_none());
        assert!(Pool::new(1).is_none());
    }

    #[test]
    fn jobs_that_put_jobs_are_all_done() {
        let pool = Pool::new(3).unwrap();
        let sum = Arc::new(Mutex::new((0, 0)));
        for number in 0..100 {
            let sum = sum.clone();
            pool.queue().start_read(move |queue| {
                queue.start(move |_| {
                    let mut sum = sum.lock().unwrap();
                    *sum = (sum.0 + 1, sum.1 + number);
                });
            });
        }
        assert_eq!(pool.wait_for(|| Some(*sum.lock().unwrap()).filter(|sum| sum.0 == 100)), (100, 4950));
    }

    #[test]
    fn threads_end_with_the_pool_whatever_is_left_to_do() {
        let pool = Pool::new(4).unwrap();
        fn for_ever(queue: &Queue) {
            queue.start(for_ever);
        }
        pool.queue().start(for_ever);
        let shared = Arc::downgrade(&pool.queue.0);
        drop(pool);
        assert!(ended(&shared));
    }

    #[test]
    fn a_read_that_never_ends_holds_nobody_up() {
        let pool = Pool::new(2).unwrap();
        let (sender, receiver) = channel::<()>();
        pool.queue().start_read(move |_| {
            let _ = receiver.recv();
        });
        let done = Arc::new(Mutex::new(false));
        let mark = done.clone();
        pool.queue().start(move |_| *mark.lock().unwrap() = true);
        pool.wait_for(|| done.lock().unwrap().then_some(()));
        let shared = Arc::downgrade(&pool.queue.0);
        drop(pool);
        drop(sender);
        assert!(ended(&shared));
    }

    #[test]
    fn a_panic_goes_on_in_the_thread_that_reads() {
        let pool = Pool::new(2).unwrap();
        pool.queue().start_read(|_| panic!("a fault of a job"));
        let caught = catch_unwind(AssertUnwindSafe(|| pool.wait_for(|| None::<()>))).unwrap_err();
        assert_eq!(caught.downcast_ref::<&str>(), Some(&"a fault of a job"));
        let shared = Arc::downgrade(&pool.queue.0);
        drop(pool);
        assert!(ended(&shared));
    }
}
