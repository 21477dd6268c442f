use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::task::Poll;

use super::*;

/// A disk with room for so many bytes.
#[derive(Clone, Default)]
struct Disk(Arc<Mutex<(Vec<u8>, usize)>>);

impl Disk {
    fn has_room_for(&self, bytes: usize) {
        self.0.lock().unwrap().1 = bytes;
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().0.clone()).unwrap()
    }
}

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (content, room) = &mut *self.0.lock().unwrap();
        if *room == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let taken = bytes.len().min(*room);
        content.extend_from_slice(&bytes[..taken]);
        *room -= taken;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A batch of lines that say these numbers.
fn batch(numbers: &[u32]) -> Batch {
    let queue = Queue::default();
    assert!(numbers.iter().all(|number| queue.add(format!("{number:04}\n").as_bytes())));
    let mut batch = Batch::default();
    if !numbers.is_empty() {
        assert!(queue.take(&mut batch));
    }
    batch
}

#[test]
fn a_full_disk_costs_counted_records_and_tears_no_other_line() {
    let (disk, lost) = (Disk::default(), Counter::default());
    let mut log = Log::to(Box::new(disk.clone()), lost.clone());
    let mut write = |room: usize, numbers: &[u32]| {
        disk.has_room_for(room);
        log.write(&batch(numbers), 0, numbers.len());
        lost.get()
    };
    assert_eq!(write(usize::MAX, &[1]), 0);
    // The second of three is torn, and the third has no room at all.
    assert_eq!(write(5 + 2, &[2, 3, 4]), 2);
    assert_eq!(write(0, &[5]), 3);
    assert_eq!(write(1, &[6]), 4);
    assert_eq!(write(usize::MAX, &[7, 8]), 4);
    assert_eq!(disk.text(), "0001\n0002\n00\n0007\n0008\n");
}

#[test]
fn a_full_queue_takes_nothing_until_it_is_emptied() {
    let queue = Queue::default();
    assert!((0..QUEUE).all(|_| queue.add(b"line\n")));
    assert!(!queue.add(b"line\n"));
    let mut batch = Batch::default();
    assert!(queue.take(&mut batch));
    assert_eq!((batch.ends.len(), batch.lines.len()), (QUEUE, QUEUE * 5));
    let large = vec![b' '; QUEUE_BYTES / 2];
    assert!(queue.add(&large) && queue.add(&large) && !queue.add(b"\n"));
}

#[tokio::test]
async fn what_waits_for_room_goes_on_as_soon_as_there_is_some() {
    let queue = Arc::new(Queue::default());
    assert!((0..QUEUE).all(|_| queue.add(b"early\n")));
    let of_task = queue.clone();
    let later = tokio::spawn(async move { of_task.add_later(b"later\n").await });
    tokio::task::yield_now().await;
    assert!(!later.is_finished());
    let mut batch = Batch::default();
    assert!(queue.take(&mut batch));
    later.await.unwrap();
    batch.clear();
    assert!(queue.take(&mut batch));
    assert_eq!(batch.lines, b"later\n");
}

#[tokio::test]
async fn records_before_a_redirection_go_to_the_former_place_and_the_others_to_the_new_one() {
    let (former, new) = (Disk::default(), Disk::default());
    former.has_room_for(usize::MAX);
    new.has_room_for(usize::MAX);
    let queue = Arc::new(Queue::default());
    queue.add(b"1\n");
    let mut ordered = pin!(queue.order(Some(Box::new(new.clone()))));
    let pending = poll_fn(|context| Poll::Ready(ordered.as_mut().poll(context).is_pending())).await;
    assert!(pending);
    queue.add(b"2\n");
    let log = Log::to(Box::new(former.clone()), Counter::default());
    let of_thread = queue.clone();
    let thread = std::thread::spawn(move || write_all(&of_thread, log));
    ordered.as_mut().await;
    queue.order(None).await;
    assert_eq!((former.text().as_str(), new.text().as_str()), ("1\n", "2\n"));
    queue.lock().closed = true;
    queue.filled.notify_one();
    thread.join().unwrap();
}
