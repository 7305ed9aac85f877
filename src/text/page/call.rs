//! What the page says of a call.

use super::Named;
use crate::text::{Lang, say};

/// All of it.
pub(super) fn call(lang: Lang) -> Vec<Named> {
    let mut all = controls(lang);
    all.extend(states(lang));
    all.extend(relay(lang));
    all.extend(rules(lang));
    all
}

fn controls(lang: Lang) -> Vec<Named> {
    vec![
        ("page_call", say!(lang, "Call", "Chamada")),
        ("page_call_speak", say!(lang, "Speak", "Falar")),
        ("page_call_camera", say!(lang, "Camera", "Câmera")),
        (
            "page_call_screen",
            say!(lang, "Share screen", "Mostrar a tela"),
        ),
        (
            "page_call_watch",
            say!(lang, "Watch and listen", "Ver e ouvir"),
        ),
        (
            "page_call_leave",
            say!(lang, "Leave the call", "Sair da chamada"),
        ),
        (
            "page_call_show",
            say!(lang, "Show {{who}} first", "Mostrar {{who}} primeiro"),
        ),
        ("page_call_mute", say!(lang, "Mute me", "Silenciar-me")),
        (
            "page_call_mute_one",
            say!(lang, "Hear {{who}} no more", "Não ouvir mais {{who}}"),
        ),
        (
            "page_call_hear",
            say!(lang, "Hear {{who}} again", "Voltar a ouvir {{who}}"),
        ),
        (
            "page_call_hand",
            say!(lang, "Ask for the word", "Pedir a palavra"),
        ),
        (
            "page_call_push",
            say!(
                lang,
                "Only while I hold the space bar",
                "Só enquanto eu segurar a barra de espaço",
            ),
        ),
        (
            "page_call_level",
            say!(
                lang,
                "How loud your microphone is",
                "Quão alto está o seu microfone",
            ),
        ),
        (
            "page_call_microphone",
            say!(lang, "Microphone", "Microfone"),
        ),
        (
            "page_call_cameras",
            say!(lang, "Which camera", "Qual câmera"),
        ),
        ("page_call_full", say!(lang, "Full screen", "Tela cheia")),
        (
            "page_call_pip",
            say!(lang, "Picture in picture", "Imagem sobre imagem"),
        ),
    ]
}

fn states(lang: Lang) -> Vec<Named> {
    vec![
        (
            "page_call_on_air",
            say!(
                lang,
                "All in this room get your",
                "Todos nesta sala recebem de você:"
            ),
        ),
        ("page_call_on_sound", say!(lang, "voice", "a voz")),
        ("page_call_on_camera", say!(lang, "picture", "a imagem")),
        ("page_call_on_screen", say!(lang, "screen", "a tela")),
        ("page_call_speaks", say!(lang, "speaks now", "fala agora")),
        (
            "page_call_screen_of",
            say!(lang, "{{who}}, screen", "{{who}}, tela"),
        ),
        (
            "page_call_others",
            say!(
                lang,
                "Also to be heard or seen: {{who}}",
                "Também se ouve ou se vê: {{who}}",
            ),
        ),
        (
            "page_call_unfit",
            say!(
                lang,
                "This network loses {{percent}} % of what you send: others hear and see you badly.",
                "Esta rede perde {{percent}} % do que você envia: os outros ouvem e veem você mal.",
            ),
        ),
        (
            "page_call_denied",
            say!(
                lang,
                "The browser does not let this page have that: allow it beside the address.",
                "O navegador não deixa esta página usar isso: permita ao lado do endereço.",
            ),
        ),
        (
            "page_call_no_device",
            say!(
                lang,
                "There is no such device here, or another program uses it.",
                "Não há esse aparelho aqui, ou outro programa o usa.",
            ),
        ),
        (
            "page_call_insecure",
            say!(
                lang,
                "The browser gives no camera or microphone to a page at this address.",
                "O navegador não dá câmera nem microfone a uma página neste endereço.",
            ),
        ),
    ]
}

/// Copies by unicast.
fn relay(lang: Lang) -> Vec<Named> {
    vec![
        (
            "page_call_relay",
            say!(
                lang,
                "Send by unicast, too (to 8 at most)",
                "Enviar também por unicast (a 8 no máximo)",
            ),
        ),
        (
            "page_call_relayed",
            say!(
                lang,
                "What you send goes to {{has}} by unicast, of {{of}} whom multicast does not \
                reach.",
                "O que você envia vai a {{has}} por unicast, de {{of}} que o multicast não \
                alcança.",
            ),
        ),
    ]
}

/// Who decides for all, and what.
fn rules(lang: Lang) -> Vec<Named> {
    vec![
        ("page_call_is_host", say!(lang, "host", "anfitrião")),
        (
            "page_call_is_moderator",
            say!(
                lang,
                "may mute and give the word",
                "pode silenciar e dar a palavra"
            ),
        ),
        (
            "page_call_host",
            say!(lang, "Host: {{who}}", "Anfitrião: {{who}}"),
        ),
        ("page_call_host_away", say!(lang, "not here", "ausente")),
        (
            "page_call_mute_for_all",
            say!(lang, "Mute {{who}} for all", "Silenciar {{who}} para todos"),
        ),
        (
            "page_call_unmute",
            say!(lang, "Let {{who}} speak", "Deixar {{who}} falar"),
        ),
        (
            "page_call_give_word",
            say!(lang, "Give {{who}} the word", "Dar a palavra a {{who}}"),
        ),
        (
            "page_call_mute_all",
            say!(lang, "Mute all", "Silenciar todos"),
        ),
        (
            "page_call_unmute_all",
            say!(lang, "Let all speak", "Deixar todos falarem"),
        ),
        (
            "page_call_all_muted",
            say!(
                lang,
                "All others are muted: ask for the word to speak",
                "Todos os outros estão silenciados: peça a palavra para falar",
            ),
        ),
        (
            "page_call_muted",
            say!(lang, "Muted for all:", "Silenciados para todos:"),
        ),
        (
            "page_call_muted_by",
            say!(
                lang,
                "{{who}} muted you for all: nobody hears or sees you. Ask for the word to speak.",
                "{{who}} silenciou você para todos: ninguém ouve nem vê você. Peça a palavra para \
                falar.",
            ),
        ),
    ]
}
