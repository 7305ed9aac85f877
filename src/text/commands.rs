//! The list of commands, which `/help` shows in `chat`.

use super::{Lang, say};
use crate::protocol::message::FAREWELL;

/// The commands that can be typed.
#[must_use]
pub fn commands(lang: Lang) -> Vec<String> {
    let mut all = talking(lang).to_vec();
    all.extend(super::rooms::room_commands(lang));
    all.extend(super::amending::amending_commands(lang));
    all.extend(super::files::file_commands(lang));
    all.extend(super::call::call_commands(lang));
    all.extend(super::roles::role_commands(lang));
    all.extend(knowing_people(lang));
    all.extend(others(lang));
    all
}

fn talking(lang: Lang) -> [String; 5] {
    [
        say!(
            lang,
            "/who [NAME]    who is here; with NAME, the fingerprint",
            "/quem [NOME]   quem está aqui; com NOME, a impressão digital"
        ),
        say!(
            lang,
            "/history [N]   the last N messages, 20 without N",
            "/history [N]   as últimas N mensagens, 20 sem N",
        ),
        say!(
            lang,
            "/msg NAME TEXT sends TEXT to NAME alone; put a NAME with spaces in quotes",
            "/msg NOME TEXTO envia TEXTO só para NOME; um NOME com espaços vai entre aspas",
        ),
        say!(
            lang,
            "/clear         clears the screen",
            "/clear         limpa a tela"
        ),
        say!(
            lang,
            "/me TEXT       says what you do: * ana TEXT",
            "/eu TEXTO      diz o que você faz: * ana TEXTO",
        ),
    ]
}

fn knowing_people(lang: Lang) -> [String; 6] {
    [
        say!(
            lang,
            "/verify NAME   shows the code to compare with NAME, who sees the same one",
            "/verify NOME   mostra o código para comparar com NOME, que vê o mesmo",
        ),
        say!(
            lang,
            "/verified NAME the codes are the same: ✓ marks NAME from now on",
            "/verified NOME os códigos são iguais: ✓ marca NOME de agora em diante",
        ),
        say!(
            lang,
            "/unverify NAME takes the mark back",
            "/unverify NOME tira a marca",
        ),
        say!(
            lang,
            "/nick NAME     changes your name to NAME, until you leave",
            "/apelido NOME  muda o seu nome para NOME, até você sair",
        ),
        say!(
            lang,
            "/ignore [NAME] hides what NAME writes; without NAME, lists the people you ignore",
            "/ignorar [NOME] esconde o que NOME escreve; sem NOME, lista quem você ignora",
        ),
        say!(
            lang,
            "/unignore NAME shows NAME again",
            "/designorar NOME volta a mostrar NOME",
        ),
    ]
}

fn others(lang: Lang) -> [String; 8] {
    [
        say!(
            lang,
            "/guests [new]  who takes part by your page for guests; new: another link for them; \
            mute NAME, unmute NAME: whether one of them is heard",
            "/convidados [novo] quem participa pela sua página de convidados; novo: troca o link; \
            calar NOME, ouvir NOME: se um deles é ouvido",
        ),
        say!(
            lang,
            "/kick NAME     sends your guest NAME away",
            "/expulsar NOME manda embora o seu convidado NOME",
        ),
        super::page_command(lang),
        say!(
            lang,
            "/stats         what is stored, and what arrived but could not be used",
            "/stats         o que está guardado, e o que chegou mas não pôde ser usado",
        ),
        say!(
            lang,
            "/sair          leaves the chat (so does {FAREWELL} alone, or Ctrl-D)",
            "/sair          sai da conversa ({FAREWELL} sozinho ou Ctrl-D também)",
        ),
        say!(
            lang,
            "/help          these lines",
            "/ajuda         estas linhas"
        ),
        say!(
            lang,
            "Tab            completes a command or a name; again: the next one",
            "Tab            completa um comando ou um nome; de novo: o próximo",
        ),
        say!(
            lang,
            "//text         sends /text as it is",
            "//texto        envia /texto como está",
        ),
    ]
}
