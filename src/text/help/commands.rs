//! What each command is for, in Portuguese.

/// What a command is for; it is named by its words after `roda`.
#[must_use]
pub(crate) fn command(path: &str) -> Option<&'static str> {
    Some(match path {
        "" => "Bate-papo sem servidor para todos que estão na mesma rede",
        "chat" => "Conversa com todos desta rede: confiável, em ordem, sem servidor",
        "keep" => "Membro sem pessoa, que guarda o que se diz numa sala para quem chegar depois",
        "bridge" => "Membro sem pessoa, que leva uma sala a outras redes, por servidores NATS",
        "drop" => "Dá arquivos ou pastas a todos numa sala, de uma vez",
        "take" => "Baixa arquivos e pastas que alguém dá",
        "web" => "Conversa num navegador deste computador: só a página, sem este terminal",
        "call" => "Fala, mostra-se e mostra a tela, num navegador deste computador",
        "room" => "Salas que só algumas pessoas podem ler",
        "room new" => "Cria o convite de uma sala nova, que só os convidados podem ler",
        "history" => "O que foi dito nas salas em que você esteve: busca, exporta, esquece",
        "history forget" => "Apaga de vez mensagens deste computador, sem deixar rastro no arquivo",
        "history verify" => {
            "Confere o arquivo, e o selo e a assinatura do que está guardado para os outros"
        }
        "id" => "Mostra quem você é para os outros: a impressão digital da sua chave",
        "id new" => "Cria outra identidade, para uma máquina que é cópia de outra",
        "config" => "Mostra as configurações em vigor, e de onde vem cada uma",
        "completions" => "Escreve o que um shell precisa para completar os comandos",
        "man" => "Escreve o manual para `man`",
        "multicast" => {
            "Conversa por multicast UDP com os programas da disciplina: datagramas JSON \
            {\"user\",\"data\"}"
        }
        "multicast send" => "Envia ao grupo cada linha digitada; `sair` encerra para todos",
        "multicast receive" => "Mostra o que o grupo diz até alguém dizer `sair`",
        "tcp-peer" => "Conversa a dois por TCP, como nas partes 1 a 3 do chat P2P da disciplina",
        "hub" => {
            "Conversa por um servidor, onde o multicast é bloqueado; também com o hub e os \
            clientes da disciplina"
        }
        "hub serve" => "Abre o hub em que todos entram",
        "hub join" => "Entra num hub, o nosso ou o da disciplina",
        "lab" => "Os pequenos serviços TCP da disciplina, cada um com servidor e cliente",
        "lab serve" => "Abre o servidor de uma lição",
        "lab hello" => "Versão 1: chega ao servidor",
        "lab exchange" => "Versão 2: recebe a mensagem do servidor e responde",
        "lab object" => "Versão 3: envia um objeto por pickle",
        "lab products" => "Versões 4 e 5: adiciona, lista e consulta produtos",
        "lab products add" => "Adiciona um produto e confere se o servidor o tem",
        "lab products list" => "Lista todos os produtos",
        "lab products find" => "Consulta o produto mais novo com um código",
        "lab products end" => "Encerra a conexão, e um servidor da versão 4",
        "lab quiz" => "Responde a três questões, ou cuida do banco de questões",
        "lab quiz import" => "Troca todas as questões pelas de um arquivo",
        "lab quiz export" => {
            "Escreve todas as questões na saída, como `import` as lê; as respostas contam de 0"
        }
        "lab quiz reset" => "Troca todas as questões pelas dez do relatório",
        "lab uppercase" => "Passa um texto para maiúsculas",
        "lab oracle" => "Pergunta ao oráculo",
        "lab primes" => "Pede o produto dos primos vizinhos de um número",
        "lab divisors" => "Pede os divisores de um número",
        "lab person" => "Envia uma pessoa como objeto JSON",
        _ => return None,
    })
}
