//! The writer thread, the only one that writes. Requests arrive over a bounded channel. Those that
//! arrive before a flush begins share its transaction, and are answered only when it is on disk. A
//! request that fails is rolled back alone; if the transaction fails, all its requests fail.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::home::Home;
use super::lock::DataLock;
use super::place::{OnClose, Place};
use super::step;
use crate::store::{StoreError, Trouble};

/// Maximum number of requests per flush.
const MOST_IN_ONE_COMMIT: usize = 512;

enum Message {
    Work(Box<dyn Op>),
    Close(oneshot::Sender<()>),
    /// A fault of the thread itself.
    #[cfg(test)]
    Panic,
}

/// A write request and its waiting caller.
trait Op: Send {
    /// Does the work inside the open transaction and keeps the result. An error means that the disk
    /// failed and that the transaction is lost.
    fn run(&mut self, connection: &Connection) -> Result<(), StoreError>;
    /// Hands the result over; `failure` is what became of the transaction instead of a commit.
    fn answer(self: Box<Self>, failure: Option<StoreError>);
}

/// The open transaction as one request sees it.
pub(super) struct Tx<'c> {
    pub(super) connection: &'c Connection,
    guarded: Cell<bool>,
}

impl Tx<'_> {
    /// From here on, a failure undoes what the request has changed. To be called before the first
    /// of several statements that change something; a single one leaves nothing behind when it
    /// fails, and is spared copies of all the pages that it touches.
    pub(super) fn guard(&self) -> Result<(), StoreError> {
        step(self.connection, "SAVEPOINT request")?;
        self.guarded.set(true);
        Ok(())
    }
}

struct Request<F, T> {
    work: Option<F>,
    result: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<F, T> Op for Request<F, T>
where
    F: FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send,
    T: Send,
{
    fn run(&mut self, connection: &Connection) -> Result<(), StoreError> {
        let Some(work) = self.work.take() else {
            return Ok(());
        };
        let tx = Tx {
            connection,
            guarded: Cell::new(false),
        };
        let done = catch_unwind(AssertUnwindSafe(|| work(&tx)));
        let result = match done {
            Ok(Err(StoreError::Unavailable { trouble, source })) => {
                return Err(StoreError::Unavailable { trouble, source });
            }
            Ok(result) => Some(result),
            // a bug in the request: it goes unanswered, its neighbours live
            Err(_) => None,
        };
        if tx.guarded.get() {
            if !matches!(result, Some(Ok(_))) {
                step(connection, "ROLLBACK TO request")?;
            }
            step(connection, "RELEASE request")?;
        }
        self.result = result;
        Ok(())
    }

    fn answer(self: Box<Self>, failure: Option<StoreError>) {
        let result = match failure {
            Some(failure) => Some(Err(failure)),
            None => self.result,
        };
        if let Some(result) = result {
            // the caller may have stopped waiting; what was written stays
            self.reply.send(result).ok();
        }
    }
}

/// The way to the writing thread.
pub(super) struct Writer {
    queue: Option<mpsc::Sender<Message>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    together: Arc<AtomicUsize>,
    ended: CancellationToken,
}

impl Writer {
    /// Starts the thread; the connection and the lock on the data folder, if it has it, live as
    /// long as it does.
    pub(super) fn start(
        connection: Connection,
        place: Place,
        lock: Option<DataLock>,
        capacity: usize,
    ) -> std::io::Result<Self> {
        let (queue, inbox) = mpsc::channel(capacity.max(1));
        let together = Arc::new(AtomicUsize::new(0));
        let told = Arc::clone(&together);
        let ended = CancellationToken::new();
        let end = ended.clone().drop_guard();
        let thread = thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || {
                // also when the thread panics
                let _end = end;
                let closer = write_until_closed(inbox, connection, &place, &told);
                drop(lock);
                if let Some(closer) = closer {
                    // it may have stopped waiting
                    closer.send(()).ok();
                }
            })?;
        Ok(Self {
            queue: Some(queue),
            thread: Mutex::new(Some(thread)),
            together,
            ended,
        })
    }

    /// Cancelled when the thread has ended.
    pub(super) fn ended(&self) -> CancellationToken {
        self.ended.clone()
    }

    /// Makes the thread panic.
    #[cfg(test)]
    pub(super) async fn panic(&self) {
        if let Some(queue) = &self.queue {
            queue.send(Message::Panic).await.ok();
        }
    }

    /// The number of requests in the last flush.
    pub(super) fn together(&self) -> usize {
        self.together.load(Ordering::Relaxed)
    }

    /// Passes a request on, or fails at once if too many are waiting.
    pub(super) fn try_send<F, T>(&self, work: F) -> Result<Answer<T>, StoreError>
    where
        F: FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        let queue = self.queue.as_ref().ok_or(StoreError::Closed)?;
        let (message, answer) = request(work);
        queue.try_send(message).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => StoreError::Busy,
            mpsc::error::TrySendError::Closed(_) => StoreError::Closed,
        })?;
        Ok(answer)
    }

    /// Hands a request over as soon as there is room.
    pub(super) async fn send<F, T>(&self, work: F) -> Result<Answer<T>, StoreError>
    where
        F: FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        let queue = self.queue.as_ref().ok_or(StoreError::Closed)?;
        let (message, answer) = request(work);
        queue.send(message).await.map_err(|_| StoreError::Closed)?;
        Ok(answer)
    }

    /// Finishes the waiting writes, closes the file and releases the data folder.
    pub(super) async fn close(&self) {
        let (closed, wait) = oneshot::channel();
        if let Some(queue) = &self.queue
            && queue.send(Message::Close(closed)).await.is_ok()
        {
            // an error means that it was closed at the same time
            wait.await.ok();
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        let thread = self
            .thread
            .get_mut()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .take();
        // the last handle may go away inside a request, on that very thread
        if let Some(thread) = thread
            && thread.thread().id() != thread::current().id()
        {
            // a panic there has been reported where it happened
            thread.join().ok();
        }
    }
}

/// The result of a request, once it is on disk.
pub(super) struct Answer<T>(oneshot::Receiver<Result<T, StoreError>>);

impl<T> Answer<T> {
    pub(super) async fn get(self) -> Result<T, StoreError> {
        self.0.await.unwrap_or(Err(StoreError::Closed))
    }
}

fn request<F, T>(work: F) -> (Message, Answer<T>)
where
    F: FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    T: Send + 'static,
{
    let (reply, answer) = oneshot::channel();
    let request = Request {
        work: Some(work),
        result: None,
        reply,
    };
    (Message::Work(Box::new(request)), Answer(answer))
}

fn write_until_closed(
    queue: mpsc::Receiver<Message>,
    connection: Connection,
    place: &Place,
    together: &AtomicUsize,
) -> Option<oneshot::Sender<()>> {
    let mut keeping = Keeping {
        connection: Some(connection),
        place,
        home: Home::of(place),
        together,
    };
    let mut inbox = Inbox {
        queue,
        messages: Vec::with_capacity(MOST_IN_ONE_COMMIT),
        closer: None,
    };
    while let Some(ops) = inbox.wait() {
        if !ops.is_empty() {
            keeping.commit_together(ops, &mut inbox);
        }
    }
    inbox.closer
}

/// The requests as the writing thread takes them.
struct Inbox {
    queue: mpsc::Receiver<Message>,
    messages: Vec<Message>,
    /// Waits until the thread has ended.
    closer: Option<oneshot::Sender<()>>,
}

impl Inbox {
    /// Waits for requests and takes those that are there; `None` after the last one.
    fn wait(&mut self) -> Option<Vec<Box<dyn Op>>> {
        let most = MOST_IN_ONE_COMMIT;
        if self.queue.blocking_recv_many(&mut self.messages, most) == 0 {
            return None;
        }
        let mut ops = Vec::with_capacity(self.messages.len());
        let mut messages = std::mem::take(&mut self.messages);
        for message in messages.drain(..) {
            self.take(message, &mut ops);
        }
        self.messages = messages;
        Some(ops)
    }

    /// Takes those that have arrived since, up to the limit of a flush.
    fn take_more(&mut self, ops: &mut Vec<Box<dyn Op>>) {
        while ops.len() < MOST_IN_ONE_COMMIT
            && let Ok(message) = self.queue.try_recv()
        {
            self.take(message, ops);
        }
    }

    fn take(&mut self, message: Message, ops: &mut Vec<Box<dyn Op>>) {
        match message {
            Message::Work(op) => ops.push(op),
            Message::Close(sender) => {
                self.queue.close();
                self.closer = Some(sender);
            }
            #[cfg(test)]
            Message::Panic => panic!("as the test wants it"),
        }
    }
}

/// Runs all requests, and those that arrive meanwhile: the larger a flush, the fewer there are.
fn run_in_transaction(
    connection: &Connection,
    ops: &mut Vec<Box<dyn Op>>,
    inbox: &mut Inbox,
) -> Result<(), StoreError> {
    let mut done = 0;
    while done < ops.len() {
        let mut new = ops.iter_mut().skip(done);
        new.try_for_each(|op| op.run(connection))?;
        done = ops.len();
        inbox.take_more(ops);
    }
    Ok(())
}

/// The database as the writing thread has it.
struct Keeping<'p> {
    /// `None` after a disk error; the next transaction opens the file again.
    connection: Option<Connection>,
    place: &'p Place,
    home: Home,
    /// The number of requests in the last flush, for others to read.
    together: &'p AtomicUsize,
}

impl Keeping<'_> {
    /// One transaction for all of them.
    fn commit_together(&mut self, mut ops: Vec<Box<dyn Op>>, inbox: &mut Inbox) {
        let was_lost = self.home.is_lost();
        let done = self.run_all(&mut ops, inbox);
        self.together.store(ops.len(), Ordering::Relaxed);
        self.place.note(&done);
        let failure = done.err();
        if let Some(StoreError::Unavailable { trouble, .. }) = &failure {
            match trouble {
                Trouble::Full | Trouble::Cut => {}
                // the handle is good again when the file is back
                Trouble::Moved => {
                    if let Some(connection) = self.connection.as_ref().filter(|_| !was_lost) {
                        self.home.rescue(connection);
                    }
                }
                // a handle to a disk that was taken away does not recover; a new one does
                _ => self.connection = None,
            }
        }
        if let Some(connection) = &self.connection {
            // the remaining files are not changed
            let on_close = if self.home.is_lost() {
                OnClose::KeepLog
            } else {
                OnClose::CopyLog
            };
            on_close.set(connection);
        }
        for op in ops {
            op.answer(failure.as_ref().map(StoreError::shared));
        }
    }

    fn run_all(&mut self, ops: &mut Vec<Box<dyn Op>>, inbox: &mut Inbox) -> Result<(), StoreError> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            closed => {
                self.home.reopen()?;
                let opened = self.place.reopen();
                closed.insert(opened.map_err(|error| self.home.explained(error))?)
            }
        };
        self.home.check_log(connection)?;
        let done = step(connection, "BEGIN IMMEDIATE")
            .and_then(|()| self.home.begin(connection))
            .and_then(|()| run_in_transaction(connection, ops, inbox))
            .and_then(|()| self.home.check())
            .and_then(|()| step(connection, "COMMIT"))
            .map_err(|error| self.home.explained(error));
        if done.is_ok() {
            self.home.committed();
        }
        if done.is_err() && !connection.is_autocommit() {
            step(connection, "ROLLBACK").ok();
        }
        done
    }
}
