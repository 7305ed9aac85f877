//! What each argument means, in Portuguese.

/// What an argument of a command means. A command is named by its words after `roda`, and an
/// argument by its field in `cli`.
#[must_use]
pub(crate) fn argument(path: &str, id: &str) -> Option<&'static str> {
    // A call is a page.
    let path = if path == "call" { "web" } else { path };
    let own = of_command(path, id).or_else(|| of_screen(path, id));
    let own = own
        .or_else(|| of_keeping(path, id))
        .or_else(|| of_page(path, id))
        .or_else(|| of_bridge(path, id))
        .or_else(|| super::files::argument(path, id));
    own.or_else(|| match path.split_once(' ') {
        Some(("lab", _)) => of_lab(path, id).or_else(|| shared(id)),
        Some(("history", _)) => of_history(id).or_else(|| shared(id)),
        _ if path == "history" => of_history(id).or_else(|| shared(id)),
        Some(("hub", _)) => of_hub(path, id).or_else(|| shared(id)),
        _ => shared(id),
    })
}

fn of_command(path: &str, id: &str) -> Option<&'static str> {
    Some(match (path, id) {
        ("chat", "name") => {
            "O seu nome na conversa, de 1 a 32 bytes [padrão: o seu nome de usuário]"
        }
        ("chat", "room") => {
            "A sala; sem chave, todos podem entrar. Os programas da disciplina só ouvem o saguão. \
            Pode ser repetida: a chave vale para a última [padrão: lobby, o saguão]"
        }
        ("chat", "passphrase") => {
            "A chave é uma senha, mesmo que pareça um convite; é perguntada se não vier de outro \
            lugar"
        }
        ("chat", "wait_for") => {
            "No fim da entrada, espera até N pessoas terem recebido tudo, mesmo as que só chegam \
            depois"
        }
        ("chat", "timeout") => "Quanto tempo --wait-for espera [padrão: 30]",
        ("chat", "listen_only") => {
            "Não lê nenhuma entrada, e fica até receber um sinal: para serviços"
        }
        ("completions", "shell") => "Para qual shell",
        ("man", "folder") => {
            "Escreve as páginas de todos os comandos nesta pasta, criada se não existir"
        }
        ("room new", "output") => "Escreve o convite neste arquivo novo, que só você pode ler",
        ("chat", "bell") => "Toca o aviso sonoro do terminal quando alguém escreve o seu nome",
        ("room new", "name") => "O nome da sala",
        ("room new", "host") => {
            "Você é o anfitrião da sala: você, e quem você nomear, silenciam para todos e dão a \
            palavra"
        }
        ("room new", "identity") => {
            "O arquivo da sua identidade, que passa a ser a do anfitrião [padrão: na pasta das \
            suas configurações]"
        }
        ("id", "identity") => {
            "O arquivo da identidade, criado se não existir [padrão: na pasta das suas \
            configurações]"
        }
        ("multicast send", "name") => "O seu nome na conversa, de 1 a 32 bytes",
        ("multicast send", "rate") => {
            "Envia no máximo este número de mensagens por segundo [padrão: sem limite]"
        }
        ("multicast send", "raw") => {
            "Envia texto puro em vez de JSON, como na seção 2 da prática; dispensa o nome"
        }
        ("multicast receive", "name") => "O seu nome, usado só na saudação",
        ("multicast receive", "stay") => "Mostra um `sair` e continua; só Ctrl-C encerra",
        ("multicast receive", "raw") => {
            "Espera texto puro em vez de JSON, como na seção 2 da prática"
        }
        ("multicast receive", "json") => "Um objeto JSON por mensagem: time, source, user, data",
        ("tcp-peer", "listen") => {
            "Espera a outra pessoa nesta porta [padrão: 12345]; sem endereço, em todas as \
            interfaces; a porta 0 escolhe uma livre"
        }
        ("tcp-peer", "connect") => "Chama a outra pessoa; sem porta, usa 12345",
        ("tcp-peer", "name") => "O seu nome; os nomes são trocados antes da conversa",
        ("tcp-peer", "json") => {
            "Fala por objetos {\"user\",\"data\"}, e mostra um objeto JSON por mensagem"
        }
        ("tcp-peer", "keep_listening") => "Quando a outra pessoa sai, espera a próxima",
        ("tcp-peer", "wait") => {
            "Continua tentando por este tempo, para que qualquer lado possa começar"
        }
        _ => return None,
    })
}

fn of_page(path: &str, id: &str) -> Option<&'static str> {
    Some(match (path, id) {
        ("chat", "web") => {
            "Também como página num navegador deste computador, cujo link é mostrado [padrão: \
            5080, ou a próxima porta livre]"
        }
        ("chat" | "web", "guests") => {
            "Deixa gente sem o roda participar pelo telefone, como seus convidados: um link e um \
            código QR são mostrados [padrão: todos os endereços, porta 5090 ou a próxima livre]"
        }
        ("chat" | "web", "guests_tls") => {
            "Deixa os convidados falarem: a página deles vem também por https, com um certificado \
            feito para o dia, que os navegadores deles não conhecem e de que avisam"
        }
        ("chat" | "web", "guests_max") => "Máximo de convidados ao mesmo tempo [padrão: 200]",
        ("chat" | "web", "guests_history") => {
            "Quantas mensagens de antes um convidado vê ao entrar [padrão: 0]"
        }
        ("web", "page_port") => "Porta TCP da página [padrão: 5080, ou a próxima livre]",
        ("web", "name") => {
            "O seu nome na conversa, de 1 a 32 bytes [padrão: o seu nome de usuário]"
        }
        ("web", "room") => "A sala; sem chave, todos podem entrar [padrão: lobby, o saguão]",
        ("web", "passphrase") => {
            "A chave é uma senha, mesmo que pareça um convite; é perguntada se não vier de outro \
            lugar"
        }
        ("web", "is_sound_only") => "Abre uma página só com som: um microfone, e quem se ouve",
        ("web", "no_browser") => "Não abre nenhum navegador, e só mostra o link",
        _ => return None,
    })
}

fn of_screen(path: &str, id: &str) -> Option<&'static str> {
    Some(match (path, id) {
        ("chat", "screen") => {
            "Uma tela cheia: as salas, as pessoas e o que você digita, tudo de uma vez; o padrão \
            num terminal de 40 colunas e 8 linhas ou mais"
        }
        ("chat", "lines") => {
            "Linha por linha, como leitores de tela precisam; o padrão em pipes e em terminais \
            pequenos"
        }
        ("chat", "theme") => "Como a tela cheia é colorida",
        ("chat", "mouse") => "Se a tela cheia usa o mouse; nesse caso, Shift seleciona texto",
        ("chat", "notify") => {
            "Que mensagens chamam você pela área de trabalho e pelo aviso sonoro: o seu nome e as \
            particulares, ou todas"
        }
        _ => return None,
    })
}

fn of_bridge(path: &str, id: &str) -> Option<&'static str> {
    Some(match (path, id) {
        ("bridge", "nats") => {
            "Um servidor NATS, como nats://host:4222 ou tls://host:4222; pode se repetir para os \
            servidores de um cluster"
        }
        ("bridge", "site") => {
            "Como as pessoas das outras redes chamam esta, de 1 a 32 bytes [padrão: o nome da \
            ponte, se lhe foi dado um, ou o deste computador]"
        }
        ("bridge", "name") => {
            "O nome da própria ponte, com que aparece na lista daqui, de 1 a 32 bytes [padrão: \
            bridge]"
        }
        ("bridge", "room") => {
            "A sala a levar, cuja chave só alguns têm; pode se repetir: uma chave é a da última"
        }
        ("bridge", "public") => {
            "Leva também salas sem chave, que qualquer um em cada rede e no servidor pode ler"
        }
        ("bridge", "creds") => {
            "Arquivo com as credenciais para os servidores, como `nsc` o escreve"
        }
        ("bridge", "context") => {
            "O contexto do comando `nats` que diz o que não é dito aqui: os servidores, e quem \
            esta ponte é para eles"
        }
        ("bridge", "config") => {
            "Arquivo com o que não é dito aqui, e com várias salas com chaves próprias, em TOML"
        }
        ("bridge", "nkey") => "Arquivo com a semente da NKey que os servidores conhecem",
        ("bridge", "files") => {
            "Leva também arquivos, e os guarda nesta pasta: tudo o que é oferecido é baixado e \
            dado às outras redes"
        }
        ("bridge", "files_limit") => {
            "Máximo de bytes de arquivos baixados em cada sala, de todos juntos, como 500M \
            [padrão: 1 GiB]"
        }
        ("bridge", "tls_cert") => {
            "Arquivo com o certificado desta ponte, onde os servidores pedem um"
        }
        ("bridge", "tls_key") => "Arquivo com a chave desse certificado",
        ("bridge", "tls_ca") => {
            "Arquivo com os certificados que assinam os dos servidores, além dos do sistema"
        }
        ("bridge", "stream") => {
            "Guarda o que é dito também neste stream do JetStream, criado se não existir, para que \
            uma rede que ficou isolada o receba mesmo sem outra ponte ligada"
        }
        ("bridge", "json") => "Um objeto JSON por evento; as mensagens não estão entre eles",
        _ => return None,
    })
}

fn of_keeping(path: &str, id: &str) -> Option<&'static str> {
    Some(match (path, id) {
        ("keep", "name") => "O nome com que aparece na lista, de 1 a 32 bytes [padrão: keeper]",
        ("keep", "room") => {
            "A sala a guardar; sem chave, todos podem entrar; pode ser repetida [padrão: lobby]"
        }
        ("bridge" | "keep", "passphrase") => {
            "A chave é uma senha, mesmo que pareça um convite; é perguntada se não vier de outro \
            lugar"
        }
        ("keep", "depth_bytes") => {
            "Quantos bytes lembra, no máximo, para quem chegar depois; todo outro membro lembra \
            6 MiB [padrão: 6291456]"
        }
        ("keep", "json") => "Um objeto JSON por evento, também as mensagens",
        ("bridge" | "chat" | "keep" | "web" | "drop" | "take", "archive") => {
            "Guarda o que é dito neste arquivo [padrão: na pasta dos seus dados]"
        }
        ("bridge" | "chat" | "keep" | "web" | "drop" | "take", "no_history") => {
            "Não guarda nada do que é dito; as pessoas são lembradas assim mesmo"
        }
        ("bridge" | "chat" | "keep" | "web" | "drop" | "take", "history_rooms") => {
            "Quais salas são guardadas"
        }
        ("bridge" | "chat" | "keep" | "web" | "drop" | "take", "history_private") => {
            "Se mensagens privadas também são guardadas, que o selo então não protege mais"
        }
        ("bridge" | "chat" | "keep" | "web" | "drop" | "take", "history_days") => {
            "Por quantos dias as mensagens são guardadas"
        }
        ("bridge" | "chat" | "keep" | "web" | "drop" | "take", "history_bytes") => {
            "Quantos bytes as mensagens de todas as salas podem ocupar"
        }
        ("drop", "to") => {
            "Oferece só a esta pessoa, quando ela estiver aqui: ninguém mais fica sabendo o que é"
        }
        ("bridge" | "chat" | "keep" | "web" | "drop" | "take", id) => of_sharing(id)?,
        _ => return None,
    })
}

fn of_sharing(id: &str) -> Option<&'static str> {
    Some(match id {
        "files_share" => "Dá a outros o que você baixou, e o que dava antes de reiniciar",
        "files_accept" => "De quem as coisas são baixadas sem perguntar",
        "files_accept_kinds" => "De quais tipos: file, folder, picture, text",
        "files_accept_bytes" => "De que tamanho, no máximo",
        "files_accept_total" => "Quanto, no máximo, de cada pessoa, enquanto o programa roda",
        _ => return None,
    })
}

fn of_history(id: &str) -> Option<&'static str> {
    Some(match id {
        "words" => {
            "Palavras que devem estar todas na mensagem: `voce` acha `você`, `prov*` acha `prova`, \
            e '\"a b\"' acha as duas nesta ordem. Sem nenhuma, mostra as mensagens mais novas"
        }
        "room" => "Desta sala [padrão: todas as salas]",
        "from" => "De quem tem ou teve este nome, como ana ou ana#3f9c",
        "archive" => "O arquivo de mensagens [padrão: na pasta dos seus dados]",
        "since" => "A partir deste momento: 2026-11-01, '2026-11-01 14:30', ontem, 14:30, 2h",
        "until" => "Até este momento; um dia conta até o fim",
        "limit" => "No máximo este número, as mais novas [padrão: 50; todas com --format]",
        "context" => "Mostra este número de mensagens antes e depois de cada achado",
        "all" => "Mostra e busca também o que mensagens editadas diziam antes",
        "json" => "Um objeto JSON por mensagem, do esquema de `chat --json`",
        "format" => "Como as mensagens são escritas",
        "before" => "De antes deste momento; um dia conta desde o início",
        "yes" => "Não pergunta nada",
        "key_file" => {
            "A chave de uma sala, como em `chat`: os pacotes de salas com chave só podem ser \
            conferidos com ela"
        }
        _ => return None,
    })
}

fn of_hub(path: &str, id: &str) -> Option<&'static str> {
    Some(match (path, id) {
        ("hub join", "no_reconnect") => "Termina quando a conexão cai, sem tentar de novo",
        ("hub serve", "listen") => {
            "Espera nesta porta; sem endereço, em todas as interfaces; a porta 0 escolhe uma livre"
        }
        ("hub serve", "moderators") => {
            "Só esta pessoa pode encerrar o hub e remover outras; pode ser repetido [padrão: \
            todos podem encerrar]"
        }
        ("hub serve", "moderator_secret_file") => {
            "O arquivo com o segredo que prova quem é moderador"
        }
        ("hub serve", "max_clients") => "Máximo de clientes ao mesmo tempo",
        ("hub serve", "max_per_address") => {
            "Máximo de clientes ao mesmo tempo de um endereço [padrão: sem limite]"
        }
        ("hub serve", "rate") => {
            "Mensagens por segundo de cada cliente; o que passa disso é lido mais tarde"
        }
        ("hub serve", "json") => {
            "Registra um objeto JSON por evento na saída, e não frases na saída de erros"
        }
        ("hub join", "hub") => "O hub; sem porta, usa 1234",
        ("hub join", "name") => {
            "O seu nome no hub, de 1 a 32 bytes [padrão: o seu nome de usuário]"
        }
        ("hub join", "moderator_secret_file") => "O arquivo com o segredo que torna você moderador",
        ("hub join", "menu") => "Escolhe por números, como no cliente da disciplina",
        ("hub join", "wait") => {
            "Continua tentando por este tempo, para que o hub possa abrir depois"
        }
        _ => return None,
    })
}

fn of_lab(path: &str, id: &str) -> Option<&'static str> {
    Some(match (path, id) {
        ("lab serve", "lesson") => "Qual lição",
        ("lab serve", "listen") => {
            "Espera neste endereço e porta [padrão: 127.0.0.1 e a porta da lição]"
        }
        ("lab serve", "keep") => "hello, exchange, object, person: atende um cliente após o outro",
        ("lab serve", "ascii") => "uppercase: aceita só ASCII, como na lição",
        ("lab serve", "seed") => "oracle, quiz: repete o mesmo sorteio em cada execução",
        ("lab serve", "encoding") => "divisors: como a lista é enviada [padrão: json]",
        ("lab serve", "v4") => "products: `terminar` encerra o servidor, como na versão 4",
        ("lab object", "fields") => "Os campos, como nome=Caneta",
        ("lab object", "class") => {
            "Envia uma instância desta classe, que o Python do servidor tem, e não um dicionário"
        }
        ("lab products add", "code") => "O código, um número ou um texto",
        ("lab products add", "name") => "O nome",
        ("lab products add", "price") => "O preço, como 2.50 ou 2,50",
        ("lab products find", "code") => "O código",
        (_, "v4") => {
            "O servidor é da versão 4: confere por `listar` em vez de `consultar`, e não envia \
            `terminar`, que o encerraria"
        }
        ("lab quiz import", "file") => {
            "Uma lista JSON de {\"_id\", \"statement\", \"options\", \"answer\"}, em que a \
            resposta é a posição da opção certa, contada de 0; `-` é a entrada padrão"
        }
        ("lab uppercase", "text") => "O texto",
        ("lab oracle", "question") => "A pergunta",
        ("lab primes", "number") => "O número",
        ("lab primes", "wide") => "Envia o número em 8 bytes (struct q) e não em 4 (struct i)",
        ("lab divisors", "number") => "O número, maior que 0",
        ("lab divisors", "encoding") => "Como o servidor envia a lista",
        ("lab person", "nome") => "O nome",
        ("lab person", "idade") => "A idade",
        ("lab person", "email") => "O endereço de e-mail",
        (_, "connect") => "O servidor [padrão: esta máquina, na porta da lição]",
        (_, "wait") => "Continua tentando por este tempo se ninguém responde",
        _ => return None,
    })
}

/// Arguments that mean the same in every command.
fn shared(id: &str) -> Option<&'static str> {
    Some(match id {
        "lang" => "Idioma do programa [padrão: o do sistema]",
        "key_file" => {
            "O arquivo com a chave da sala: 32 bytes, uma senha ou um convite. RODA_ROOM_KEY pode \
            conter a senha ou o convite no lugar do arquivo"
        }
        "key" => "Pergunta a senha ou o convite da sala",
        "invite_file" => {
            "Entra na sala do convite deste arquivo; `roda room new NOME` cria um. RODA_INVITE \
            pode conter o convite no lugar do arquivo"
        }
        "identity" => {
            "O arquivo da sua identidade, criado se não existir [padrão: na pasta das suas \
            configurações]"
        }
        "ephemeral" => "Uma identidade nova, só para esta sessão, e nada é escrito no disco",
        "group" => "Grupo multicast IPv4",
        "port" => "Porta UDP",
        "interfaces" => {
            "Interface, por nome ou endereço; pode ser repetido [padrão: o sistema escolhe]"
        }
        "ttl" => {
            "Por quantos roteadores um datagrama pode passar, mais um; 1 fica nesta rede, 0 nesta \
            máquina"
        }
        "keep_alive" => {
            "Verifica, depois deste tempo sem notícia, se o outro lado ainda está lá; a perda é \
            notada no dobro disso"
        }
        "color" => "Colore os nomes",
        "json" => "Um objeto JSON por evento; linhas de entrada podem ser {\"say\": \"…\"}",
        "trace" => "Mostra cada byte enviado e recebido",
        "database" => {
            "products, quiz: onde ficam guardados; quiz também aceita mongodb://… [padrão: um \
            arquivo na pasta dos seus dados]"
        }
        _ => return None,
    })
}

/// What a possible value of an argument means.
#[must_use]
pub(crate) fn value(name: &str) -> Option<&'static str> {
    Some(match name {
        "hello" => "Versão 1: o servidor mostra que um cliente chegou",
        "exchange" => "Versão 2: o servidor fala primeiro, o cliente responde",
        "object" => "Versão 3: um objeto pelo pickle do Python",
        "products" => "Versões 4 e 5: produtos, adicionados, listados e consultados",
        "quiz" => "Três questões, e o que estava certo",
        "uppercase" => "Entra um texto, sai em maiúsculas",
        "oracle" => "Entra uma pergunta; sai sim, não ou talvez",
        "primes" => "O produto dos primos vizinhos de um número",
        "divisors" => "Os divisores de um número",
        "person" => "Uma pessoa como objeto JSON",
        "json" => "Como JSON",
        "marshal" => "Como o marshal do Python",
        "pickle" => "Como o pickle do Python",
        _ => return None,
    })
}

/// What stands for the value of an option, such as `<FILE>`; `None` where it is the same in both
/// languages.
#[must_use]
pub(crate) fn value_name(english: &str) -> Option<&'static str> {
    Some(match english {
        "NAME" => "NOME",
        "WORDS" => "PALAVRAS",
        "WHEN" => "QUANDO",
        "DAYS" => "DIAS",
        "KINDS" => "TIPOS",
        "ROOM" => "SALA",
        "FILE" => "ARQUIVO",
        "FOLDER" => "PASTA",
        "SECONDS" => "SEGUNDOS",
        "NUMBER" => "NÚMERO",
        "PORT" => "PORTA",
        "ADDRESS" => "ENDEREÇO",
        "ADDRESS:PORT" => "ENDEREÇO:PORTA",
        "NAME|ADDRESS" => "NOME|ENDEREÇO",
        "PER_SECOND" => "POR_SEGUNDO",
        "[ADDRESS:]PORT" => "[ENDEREÇO:]PORTA",
        "HOST[:PORT]" => "HOST[:PORTA]",
        "FIELD=VALUE" => "CAMPO=VALOR",
        "MODULE.CLASS" => "MÓDULO.CLASSE",
        "LESSON" => "LIÇÃO",
        "ENCODING" => "CODIFICAÇÃO",
        "CODE" => "CÓDIGO",
        "PRICE" => "PREÇO",
        "TEXT" => "TEXTO",
        "QUESTION" => "PERGUNTA",
        _ => return None,
    })
}
