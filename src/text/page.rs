//! The sentences of the page, by the names under which it asks for them: one table, of which the
//! server gives one language as an object. What the page fills in stands in braces. Sentences that
//! other faces say, too, are theirs.

mod call;
mod files;
mod guests;
mod told;

use super::{Lang, say};

/// A sentence, and its name.
type Named = (&'static str, String);

/// All sentences, each with its name.
#[must_use]
pub fn page(lang: Lang) -> Vec<Named> {
    let mut all = frame(lang);
    all.extend(conversation(lang));
    all.extend(marks(lang));
    all.extend(people(lang));
    all.extend(codes(lang));
    all.extend(asked(lang));
    all.extend(typing(lang));
    all.extend(connection(lang));
    all.extend(call::call(lang));
    all.extend(files::files(lang));
    all.extend(files::progress(lang));
    all.extend(files::faults(lang));
    all.extend(guests::guests(lang));
    all.extend(told::movements(lang));
    all.extend(told::warnings(lang));
    all.extend(told::circumstances(lang));
    all
}

/// What stands around the conversation.
fn frame(lang: Lang) -> Vec<Named> {
    vec![
        ("page_lang", say!(lang, "en", "pt")),
        ("page_log", say!(lang, "Conversation", "Conversa")),
        ("page_rooms", say!(lang, "Rooms", "Salas")),
        ("page_people", say!(lang, "People", "Pessoas")),
        (
            "page_people_count",
            say!(lang, "People: {{count}}", "Pessoas: {{count}}"),
        ),
        ("page_language", say!(lang, "Language", "Idioma")),
        ("page_notify", say!(lang, "Notify me", "Avise-me")),
        ("page_commands", say!(lang, "Commands", "Comandos")),
        (
            "page_find",
            say!(lang, "Search what was said", "Buscar no que foi dito"),
        ),
        ("page_find_do", say!(lang, "Search", "Buscar")),
        (
            "page_found",
            say!(lang, "What was found", "O que foi encontrado"),
        ),
        (
            "page_found_count",
            say!(lang, "{{count}} found", "{{count}} encontradas"),
        ),
        ("page_found_count_1", say!(lang, "1 found", "1 encontrada")),
        (
            "page_found_more",
            say!(
                lang,
                "(the newest; until:TIME shows older ones)",
                "(as mais novas; até:HORA mostra mais antigas)",
            ),
        ),
        ("page_close", say!(lang, "Close", "Fechar")),
        ("page_send", say!(lang, "Send", "Enviar")),
        ("page_stop", say!(lang, "Stop", "Parar")),
        ("page_entry", say!(lang, "Say something", "Diga algo")),
        ("page_open", super::lock(lang, false)),
        ("page_locked", super::lock(lang, true)),
        (
            "page_to_newest",
            say!(lang, "To the newest", "Para o mais novo"),
        ),
        (
            "page_new_below",
            say!(lang, "{{count}} new", "{{count}} novas"),
        ),
        ("page_new_below_1", say!(lang, "1 new", "1 nova")),
        (
            "page_unread",
            say!(lang, "{{count}} unread", "{{count}} não lidas"),
        ),
        ("page_unread_1", say!(lang, "1 unread", "1 não lida")),
    ]
}

/// Beside and between messages.
fn conversation(lang: Lang) -> Vec<Named> {
    vec![
        (
            "page_new_from_here",
            say!(lang, "new from here on", "novas a partir daqui"),
        ),
        ("page_late", super::late(lang)),
        ("page_edited", super::edited_mark(lang)),
        ("page_deleted", super::deleted_mark(lang)),
        ("page_unfold", say!(lang, "Show all of it", "Mostrar tudo")),
        ("page_fold", say!(lang, "Show less of it", "Mostrar menos")),
        ("page_edit", say!(lang, "Edit", "Editar")),
        ("page_delete", say!(lang, "Delete", "Apagar")),
        (
            "page_delete_asked",
            say!(
                lang,
                "Withdraw this message for everybody? Whoever read it has read it.",
                "Retirar esta mensagem para todos? Quem já leu, leu.",
            ),
        ),
        (
            "page_editing",
            say!(lang, "You change your message", "Você muda a sua mensagem"),
        ),
        (
            "page_caught_up",
            say!(
                lang,
                "{{count}} earlier messages",
                "{{count}} mensagens anteriores"
            ),
        ),
        ("page_caught_up_1", super::caught_up(lang, 1)),
    ]
}

/// What signs mean, for those who do not see them.
fn marks(lang: Lang) -> Vec<Named> {
    vec![
        ("page_on_its_way", say!(lang, "on its way", "a caminho")),
        (
            "page_have_it",
            say!(
                lang,
                "all {{count}} others here have it",
                "todos os outros {{count}} daqui a têm"
            ),
        ),
        (
            "page_have_it_1",
            say!(lang, "the other one has it", "a outra pessoa a tem"),
        ),
        (
            "page_all_have",
            say!(
                lang,
                "all {{count}} others here have your last line",
                "todos os outros {{count}} daqui têm sua última linha"
            ),
        ),
        (
            "page_all_have_1",
            say!(
                lang,
                "the other one has your last line",
                "a outra pessoa tem sua última linha"
            ),
        ),
        (
            "page_some_have",
            super::have_last(lang, 1, 2)
                .replace('1', "{has}")
                .replace('2', "{of}"),
        ),
        (
            "page_waiting",
            say!(
                lang,
                "{{has}} of {{of}} have it; waiting for {{who}}",
                "{{has}} de {{of}} têm; falta {{who}}",
            ),
        ),
        (
            "page_kept_for",
            super::kept_for(lang, 2).replace('2', "{count}"),
        ),
        ("page_kept_for_1", super::kept_for(lang, 1)),
        (
            "page_verified",
            say!(lang, "verified", "identidade verificada"),
        ),
        (
            "page_only_to",
            say!(lang, "only to {{who}}", "só para {{who}}"),
        ),
        (
            "page_only_you",
            say!(lang, "only you can read this", "só você lê isto"),
        ),
        ("page_by", say!(lang, "by {{who}}", "por {{who}}")),
        ("page_nameless", super::anonymous(lang).to_owned()),
    ]
}

/// The people and what is done with them.
fn people(lang: Lang) -> Vec<Named> {
    vec![
        (
            "page_people_here",
            super::people(lang, 2).replace('2', "{count}"),
        ),
        (
            "page_filter",
            say!(lang, "Find a person", "Achar uma pessoa"),
        ),
        (
            "page_and_more",
            say!(lang, "and {{count}} more", "e mais {{count}}"),
        ),
        ("page_you", say!(lang, "you", "você")),
        (
            "page_keeper",
            say!(lang, "keeps what is said", "guarda o que se diz"),
        ),
        ("page_bridge", super::carries_here(lang)),
        ("page_beyond", super::is_beyond_now(lang, None)),
        ("page_is_ignored", say!(lang, "ignored", "ignorada")),
        ("page_silent", say!(lang, "not answering", "não responde")),
        (
            "page_fingerprint",
            say!(
                lang,
                "Fingerprint of the key:",
                "Impressão digital da chave:"
            ),
        ),
        (
            "page_rename",
            say!(lang, "Change my name", "Mudar o meu nome"),
        ),
        (
            "page_write_privately",
            say!(lang, "Write privately", "Escrever em particular"),
        ),
        ("page_verify", say!(lang, "Verify", "Verificar")),
        (
            "page_take_back",
            say!(lang, "Take the mark back", "Tirar a marca"),
        ),
        ("page_ignore", say!(lang, "Ignore", "Ignorar")),
        ("page_unignore", say!(lang, "Show again", "Mostrar de novo")),
    ]
}

/// The code that two people compare.
fn codes(lang: Lang) -> Vec<Named> {
    vec![
        (
            "page_you_and",
            say!(lang, "You and {{who}}", "Você e {{who}}"),
        ),
        (
            "page_compare",
            say!(
                lang,
                "Read these digits or words to each other, by voice. {{who}} sees them after \
                choosing your name and Verify.",
                "Leiam estes dígitos ou palavras um para o outro, de viva voz. {{who}} os vê ao \
                escolher o seu nome e Verificar.",
            ),
        ),
        (
            "page_picture",
            say!(
                lang,
                "QR code of the digits {{code}}",
                "Código QR dos dígitos {{code}}"
            ),
        ),
        (
            "page_codes_equal",
            say!(
                lang,
                "Yes, {{who}} read the same to me",
                "Sim, {{who}} leu o mesmo para mim",
            ),
        ),
    ]
}

/// Commands and their answers.
fn asked(lang: Lang) -> Vec<Named> {
    let who = &["{who}".to_owned()];
    vec![
        (
            "page_leave",
            say!(lang, "Leave the chat", "Sair da conversa"),
        ),
        (
            "page_leave_asked",
            say!(
                lang,
                "This says farewell in all rooms and ends roda on this computer.",
                "Isto se despede em todas as salas e encerra o roda neste computador.",
            ),
        ),
        ("who_is_here", super::who_is_here(lang, "{me}", who)),
        (
            "own_fingerprint",
            super::own_fingerprint(lang, "{who}", "{key}"),
        ),
        ("fingerprint", super::fingerprint_of(lang, "{who}", "{key}")),
        (
            "page_ignored",
            say!(lang, "you ignore {{who}}", "você ignora {{who}}"),
        ),
        (
            "page_ignore_list",
            say!(lang, "you ignore: {{who}}", "você ignora: {{who}}"),
        ),
        ("ignore_nobody", super::ignore_list(lang, &[])),
        ("unignored", super::unignored(lang, "{who}")),
        (
            "page_stats",
            say!(
                lang,
                "{{of}} here; {{held}} KiB of messages held; {{dropped}} frames could not be used",
                "{{of}} aqui; {{held}} KiB de mensagens guardados; {{dropped}} quadros não puderam \
                ser usados",
            ),
        ),
    ]
}

/// Where the page stands with its program.
fn connection(lang: Lang) -> Vec<Named> {
    vec![
        (
            "page_no_link",
            say!(
                lang,
                "This page needs its link. Open it as roda printed it, or type /web there.",
                "Esta página precisa do seu link. Abra-o como o roda o mostrou, ou digite /web lá.",
            ),
        ),
        (
            "page_calling",
            say!(lang, "Connecting to roda …", "Conectando ao roda …"),
        ),
        (
            "page_lost",
            say!(
                lang,
                "roda does not answer; this page goes on as soon as it is there again.",
                "O roda não responde; esta página continua assim que ele voltar.",
            ),
        ),
        (
            "page_denied",
            say!(
                lang,
                "This link is no longer valid here. Open the one that roda prints now.",
                "Este link não vale mais aqui. Abra o que o roda mostra agora.",
            ),
        ),
        (
            "page_ended",
            say!(
                lang,
                "You have left: roda has ended on this computer. The page goes on when it runs \
                again.",
                "Você saiu: o roda foi encerrado neste computador. A página continua quando ele \
                rodar de novo.",
            ),
        ),
    ]
}

/// What is typed, and the keys for it.
fn typing(lang: Lang) -> Vec<Named> {
    vec![
        ("page_command_lines", command_lines(lang)),
        (
            "page_quiet_for",
            super::quiet_for(lang, 2).replace('2', "{minutes}"),
        ),
        ("page_quiet_usage", super::quiet_usage(lang)),
        (
            "page_quiet_over",
            say!(
                lang,
                "notifications come again, if you asked for them",
                "os avisos voltam, se você os pediu",
            ),
        ),
        (
            "page_keys",
            say!(
                lang,
                "Enter sends, Shift-Enter begins a line, ↑ in an empty entry changes your last \
                message, :name: writes an emoji. In the conversation: ↑ and ↓ go from message to \
                message, Tab to what can be done with one, End to the newest, Esc back to the \
                entry.",
                "Enter envia, Shift-Enter começa uma linha, ↑ na entrada vazia muda a sua última \
                mensagem, :nome: escreve um emoji. Na conversa: ↑ e ↓ vão de mensagem em \
                mensagem, Tab ao que se pode fazer com uma, End à mais nova, Esc de volta à \
                entrada.",
            ),
        ),
    ]
}

/// Commands that a page does not take: files are dropped on it, and shown by themselves.
const ELSEWHERE: [&str; 6] = ["/send", "/enviar", "/paste", "/colar", "/view", "/ver"];

/// What can be typed: as everywhere, but for what the page does otherwise.
fn command_lines(lang: Lang) -> String {
    let mut lines = super::commands(lang);
    lines.retain(|line| {
        let word = line.split_whitespace().next();
        word.is_none_or(|word| !ELSEWHERE.contains(&word))
    });
    for line in &mut lines {
        if line.starts_with("/sair") {
            *line = say!(
                lang,
                "/sair          says farewell and ends roda on this computer",
                "/sair          se despede e encerra o roda neste computador",
            );
        }
    }
    lines.push(say!(
        lang,
        "/quiet 30m     no notifications for a time: 30m, 2h; 0 ends it",
        "/silencio 30m  nenhum aviso por um tempo: 30m, 2h; 0 termina",
    ));
    lines.join("\n")
}

#[cfg(test)]
mod tests;
