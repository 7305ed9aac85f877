//! The sentences about what was dropped.

use super::{Lang, say};
use crate::chat::event::Stats;
use crate::protocol::wire::frame::FrameFault;

/// The datagrams dropped at the gate, by reason.
#[must_use]
pub fn frames_dropped(lang: Lang, stats: &Stats) -> Vec<String> {
    let &Stats {
        refused,
        repeats,
        ahead,
        misdirected,
        unknown,
        ..
    } = stats;
    let mut sentences: Vec<String> = stats
        .faults
        .iter()
        .map(|(fault, count)| {
            let why = frame_fault(lang, *fault);
            say!(
                lang,
                "packets dropped, {why}: {count}",
                "pacotes descartados, {why}: {count}",
            )
        })
        .collect();
    sentences.push(say!(
        lang,
        "packets that came twice: {repeats}; packets not looked at, because strangers sent too \
        many: {refused}",
        "pacotes repetidos: {repeats}; pacotes não examinados, porque desconhecidos enviaram \
        demais: {refused}",
    ));
    if ahead > 0 {
        sentences.push(say!(
            lang,
            "packets dropped, the author's clock is more than 10 minutes ahead: {ahead}",
            "pacotes descartados, o relógio do autor está mais de 10 minutos adiantado: {ahead}",
        ));
    }
    if misdirected > 0 {
        sentences.push(say!(
            lang,
            "dropped, meant for one member but sent to everyone: {misdirected}",
            "descartados, para um só membro mas enviados a todos: {misdirected}",
        ));
    }
    if unknown > 0 {
        sentences.push(say!(
            lang,
            "skipped, because only a later version of roda understands it: {unknown}",
            "ignorados, porque só uma versão mais nova do roda entende: {unknown}",
        ));
    }
    sentences
}

fn frame_fault(lang: Lang, fault: FrameFault) -> String {
    match fault {
        FrameFault::NotFrame => say!(lang, "not from roda", "que não são do roda",),
        FrameFault::Unknown => say!(lang, "of an unknown kind", "de tipo desconhecido",),
        FrameFault::OtherRoom => say!(lang, "from another room", "de outra sala",),
        FrameFault::OtherVersion => say!(lang, "from another version", "de outra versão",),
        FrameFault::OtherKey => say!(lang, "sealed with another key", "fechados com outra chave",),
        FrameFault::UnknownStream => {
            say!(lang, "of an unknown stream", "de um fluxo desconhecido",)
        }
        FrameFault::BrokenSeal => say!(lang, "changed on the way", "alterados no caminho",),
        FrameFault::Broken => say!(lang, "malformed", "malformados",),
        FrameFault::Forged => say!(lang, "forged", "falsificados",),
    }
}
