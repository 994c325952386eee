//! What the door adds to what the queue decides: nothing.

use std::pin::Pin;

use proptest::prelude::*;

use super::*;

/// What one is asked or told.
#[derive(Debug, Clone, Copy)]
enum Event {
    TryEnter,
    /// With so much time.
    Enter(u64),
    Leave(End, prop::sample::Index),
    /// One who waits looks again.
    Look(prop::sample::Index),
    GiveUp(prop::sample::Index),
    Close,
}

fn event() -> impl Strategy<Value = Event> {
    let of = any::<prop::sample::Index>;
    let end = prop_oneof![
        4 => Just(End::Done), 1 => Just(End::Late), 1 => Just(End::Cut), 1 => Just(End::Unused)
    ];
    prop_oneof![
        50 => Just(Event::TryEnter),
        50 => (0u64..100).prop_map(Event::Enter),
        90 => (end, of()).prop_map(|(end, of)| Event::Leave(end, of)),
        30 => of().prop_map(Event::Look),
        20 => of().prop_map(Event::GiveUp),
        1 => Just(Event::Close),
    ]
}

/// One who waits: in the admission, and in the queue alone.
type Waits<'a> = (Pin<Box<Enter<'a>>>, u64);

fn poll<'a>(enter: &mut Pin<Box<Enter<'a>>>) -> Option<Result<Admitted<'a>, Refused>> {
    match enter.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => Some(answer),
        Poll::Pending => None,
    }
}

/// Told the same things at the same times, the admission answers as its queue alone would, and learns the same.
async fn plays_alike(limit: usize, most_waiting: usize, events: Vec<(Event, u64)>) {
    let admission = &Admission::new(NonZeroUsize::new(limit).unwrap(), most_waiting);
    let mut queue = Queue::new(Limit::Fixed(limit), most_waiting);
    let (mut inside, mut waits) = (Vec::new(), Vec::<Waits<'_>>::new());
    for (event, wait) in events {
        tokio::time::advance(Duration::from_millis(wait)).await;
        let now = Moment::now();
        let since = admission.since_epoch(now);
        match event {
            Event::TryEnter => {
                let place = admission.try_enter(now);
                assert_eq!(place.is_some(), queue.try_take());
                inside.extend(place.map(|place| (place, since)));
            }
            Event::Enter(time) => {
                let time = Duration::from_millis(time);
                let mut enter = Box::pin(admission.enter(now + time));
                match (poll(&mut enter), queue.enter(since, since + time, ()).0) {
                    (Some(Ok(place)), Answer::Come) => inside.push((place, since)),
                    (Some(Err(ours)), Answer::Go(theirs)) => assert_eq!(ours, theirs),
                    (None, Answer::Wait(ticket)) => waits.push((enter, ticket)),
                    other => panic!("{other:?}"),
                }
            }
            Event::Leave(end, of) if !inside.is_empty() => {
                let (place, came): (Admitted<'_>, Duration) =
                    inside.swap_remove(of.index(inside.len()));
                match (end, wait % 2 == 0) {
                    (End::Done, true) => place.done(),
                    (End::Done, false) => place.done_at(now),
                    (End::Late, true) => place.late(),
                    (End::Late, false) => place.late_at(now),
                    (End::Cut, true) => drop(place),
                    (End::Cut, false) => place.cut_at(now),
                    (End::Unused, _) => place.hand_back(),
                }
                queue.leave(since, since - came, end);
            }
            Event::Look(of) if !waits.is_empty() => {
                let at = of.index(waits.len());
                let (enter, ticket) = &mut waits[at];
                match (poll(enter), queue.ask(*ticket)) {
                    (Some(Ok(place)), Answer::Come) => inside.push((place, since)),
                    (Some(Err(ours)), Answer::Go(theirs)) => assert_eq!(ours, theirs),
                    (None, Answer::Wait(_)) => continue,
                    other => panic!("{other:?}"),
                }
                drop(waits.swap_remove(at));
            }
            Event::GiveUp(of) if !waits.is_empty() => {
                let (enter, ticket) = waits.swap_remove(of.index(waits.len()));
                drop(enter);
                if queue.give_up(ticket).1 {
                    queue.leave(since, Duration::ZERO, End::Unused);
                }
            }
            Event::Close => {
                admission.close();
                queue.close();
            }
            Event::Leave(..) | Event::Look(_) | Event::GiveUp(_) => {}
        }
        let ours = (admission.inside(), admission.waiting(), admission.lock().takes());
        assert_eq!(ours, (queue.inside(), queue.waiting(), queue.takes()));
    }
}

proptest! {
    #[test]
    fn it_answers_as_its_queue_alone_would(
        limit in 1usize..4,
        most_waiting in 0usize..5,
        events in prop::collection::vec((event(), 0u64..20), 1..200),
    ) {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.unwrap().block_on(plays_alike(limit, most_waiting, events));
    }
}

/// While there is room the lock is not needed.
#[tokio::test(start_paused = true)]
async fn while_there_is_room_the_lock_is_left_alone() {
    let admission = Admission::new(NonZeroUsize::new(2).unwrap(), 10);
    let now = Moment::now();
    let held = admission.queue.lock();
    let (one, two) = (admission.try_enter(now).unwrap(), admission.try_enter(now).unwrap());
    assert!(admission.try_enter(now).is_none());
    assert_eq!((admission.inside(), admission.limit(), admission.waiting()), (2, 2, 0));
    one.done_at(now + Duration::from_millis(8));
    two.hand_back();
    let mut enter = Box::pin(admission.enter(now));
    assert!(poll(&mut enter).is_some_and(|answer| answer.is_ok()));
    drop(held);
    assert_eq!(admission.lock().takes(), Some(Duration::from_millis(8)));
    // Whoever had the lock has put back what the others go by without it.
    assert_eq!(admission.door.inside().ok(), Some(0));
}
