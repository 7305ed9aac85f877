//! What the arguments of `drop` and `take` mean, in Portuguese.

/// What an argument means; `None` if the command is another.
pub(super) fn argument(path: &str, id: &str) -> Option<&'static str> {
    Some(match (path, id) {
        ("drop" | "take", "name") => "O seu nome, de 1 a 32 bytes [padrão: o seu nome de usuário]",
        ("drop", "room") => "A sala em que é oferecido [padrão: lobby, o saguão]",
        ("take", "room") => "A sala em que é oferecido [padrão: lobby, o saguão]",
        ("drop" | "take", "passphrase") => {
            "A chave é uma senha, mesmo que pareça um convite; pergunta por ela se nada mais a dá"
        }
        ("drop", "files") => "Arquivos e pastas a oferecer; - é o que vem por um pipe",
        ("drop", "called") => "Como um arquivo só, ou o que vem por um pipe, se chama lá",
        ("drop", "wait_for") => {
            "Sai quando N pessoas têm tudo, e também todos os outros que baixam [padrão: 1]"
        }
        ("drop" | "take", "timeout") => "Desiste depois deste tempo [padrão: nunca]",
        ("drop" | "take", "json") => "Um objeto JSON por evento",
        ("take", "from") => "Baixa só o que esta pessoa oferece",
        ("take", "into") => {
            "A pasta para onde as coisas vão [padrão: roda, na sua pasta de downloads]"
        }
        ("take", "yes") => "Baixa tudo sem perguntar",
        ("take", "once") => "Sai depois da primeira coisa que chega inteira",
        ("take", "stdout") => {
            "Escreve na saída o primeiro arquivo oferecido, quando estiver inteiro, e sai"
        }
        _ => return None,
    })
}
