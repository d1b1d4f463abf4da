//! Those who mean harm to a server that is spoken to over TLS: handshakes that do not end, or are all that there is.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use super::attacks::{Attack, anywhere, bad_tokens, flood, framing, silent};
use super::line::Line;
use super::probes::Chance;
use super::scene::{Scene, Tally, reset, rest};

pub const OVER_TLS: &[Attack] = &[
    Attack { name: "connections opened and closed", run: flood, threads: 1 },
    Attack { name: "silent connections", run: silent, threads: 1 },
    Attack { name: "hellos, a byte a second", run: slow_hellos, threads: 1 },
    Attack { name: "handshakes and nothing else", run: handshakes, threads: 2 },
    Attack { name: "handshakes, then silence", run: silent_after_all, threads: 1 },
    Attack { name: "hellos that were altered", run: altered_hellos, threads: 1 },
    Attack { name: "records of noise after the handshake", run: noise, threads: 1 },
    Attack { name: "doubtful framing", run: framing, threads: 1 },
    Attack { name: "bad tokens", run: bad_tokens, threads: 1 },
];

/// The type of a record that says what is wrong.
const ALERT: u8 = 21;

fn slow_hellos(scene: &Scene, tally: &Tally) {
    let mut dripping: Vec<(TcpStream, usize)> = Vec::new();
    let Ok(hello) = scene.hello() else { return };
    let most = scene.scaled(300);
    while scene.goes_on() {
        // Some more each second, so that not all are late at the same moment.
        for _ in 0..most.div_ceil(10) {
            if dripping.len() < most
                && let Ok(stream) = scene.connect([127, 0, 3, 3], tally)
            {
                tally.asked(1);
                dripping.push((stream, 0));
            }
        }
        // Never its last byte.
        dripping.retain_mut(|(stream, sent)| {
            *sent += 1;
            *sent < hello.len() && stream.write_all(&hello[*sent - 1..*sent]).is_ok()
        });
        rest(1000);
    }
}

fn handshakes(scene: &Scene, tally: &Tally) {
    for n in 0.. {
        if !scene.goes_on() {
            return;
        }
        rest(5);
        let Ok(mut line) = scene.call(anywhere(10), tally) else { continue };
        tally.asked(1);
        if n % 2 == 0 {
            // Whether it is taken or not is all the same to it.
            let _ = line.ends();
        }
    }
}

fn silent_after_all(scene: &Scene, tally: &Tally) {
    let mut held: Vec<Line> = Vec::new();
    let most = scene.scaled(1000);
    while scene.goes_on() {
        rest(20);
        if let Ok(line) = scene.call(anywhere(11), tally) {
            held.push(line);
        }
        if held.len() > most {
            // The server may have let them go long since.
            held.drain(..held.len() - most);
        }
    }
}

fn altered_hellos(scene: &Scene, tally: &Tally) {
    let mut chance = Chance::new();
    while scene.goes_on() {
        rest(3);
        let (Ok(mut hello), Ok(mut stream)) = (scene.hello(), scene.connect([127, 0, 7, 5], tally)) else { continue };
        for _ in 0..=chance.below(4) {
            let at = chance.below(hello.len());
            hello[at] = chance.below(256) as u8;
        }
        hello.truncate(1 + chance.below(hello.len() * 2).min(hello.len() - 1));
        tally.asked(1);
        if stream.write_all(&hello).and_then(|()| stream.shutdown(Shutdown::Write)).is_err() {
            continue;
        }
        let mut answer = Vec::new();
        // A reset is an end too.
        let _ = stream.read_to_end(&mut answer);
        tally.answered(usize::from(!answer.is_empty()));
        // A hello that is still one is answered with another; one that begins like a request is told that this is https.
        let is_due = answer.is_empty() || [ALERT, 22].contains(&answer[0]) || answer.starts_with(b"HTTP/1.1 400 ");
        if !is_due {
            scene.problem(format!("{hello:?} is answered with {answer:?}"));
        }
    }
}

/// Nothing of it can be decrypted.
fn noise(scene: &Scene, tally: &Tally) {
    let mut chance = Chance::new();
    while scene.goes_on() {
        rest(10);
        let Ok(Line::Secret(secret)) = scene.call([127, 0, 7, 6], tally) else { continue };
        let mut stream = &secret.sock;
        let length = chance.below(18_000);
        let mut record = vec![23, 3, 3, (length >> 8) as u8, length as u8];
        record.extend((0..length).map(|_| chance.below(256) as u8));
        tally.asked(1);
        if stream.write_all(&record).and_then(|()| stream.shutdown(Shutdown::Write)).is_err() {
            continue;
        }
        if chance.below(2) == 0 {
            reset(secret.sock);
            continue;
        }
        // Tickets and an alert; what they say nobody here can read.
        let ended = stream.read_to_end(&mut Vec::new());
        if let Err(e) = ended
            && matches!(e.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut)
        {
            scene.problem("noise is neither answered nor ended".to_owned());
        }
    }
}
