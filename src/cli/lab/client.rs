//! The arguments of the lessons' clients. Missing values are asked for later.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{
    BankAct, BankSettings, DatabaseArgs, LabJoinSettings, LabSettings, QuestionSource, Trace,
    version,
};
use crate::cli::endpoint;
use crate::cli::shared::seconds;
use crate::error::{Error, LabUsage, Usage};
use crate::lab::Dialogue;
use crate::lab::divisors::Encoding;
use crate::lab::form::{Field, Form, FormField, InvalidAnswer};
use crate::lab::lesson::Lesson;
use crate::lab::products::{Code, Price, Product, Request};
use crate::lab::{
    divisors, exchange, hello, object, oracle, person, primes, products, quiz, uppercase,
};

/// The object that is sent by default.
const OBJECT: [&str; 3] = ["codigo=1", "nome=Caneta", "preco=2.5"];

/// Which lesson's client to be.
#[derive(Debug, Subcommand)]
pub(super) enum ClientCommand {
    /// Version 1: reach the server
    Hello(ServerArgs),
    /// Version 2: hear the server's message and answer it
    Exchange(ServerArgs),
    /// Version 3: send an object by pickle
    Object {
        /// Its fields, such as nome=Caneta
        #[arg(value_name = "FIELD=VALUE", default_values = OBJECT)]
        fields: Vec<String>,
        /// Send an instance of this class, which the server's Python has, and not a dictionary
        #[arg(long, value_name = "MODULE.CLASS")]
        class: Option<String>,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Versions 4 and 5: add, list and find products
    #[command(args_conflicts_with_subcommands = true)]
    Products {
        /// What to do; without it, all products are listed
        #[command(subcommand)]
        command: Option<ProductsCommand>,
        #[command(flatten)]
        server: ProductServerArgs,
    },
    /// Answer three questions, or look after the bank of questions
    #[command(args_conflicts_with_subcommands = true)]
    Quiz {
        /// What to do with the bank of questions; without it, the quiz is played
        #[command(subcommand)]
        command: Option<BankCommand>,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Put a text into upper case
    Uppercase {
        /// The text
        #[arg(allow_hyphen_values = true)]
        text: Option<String>,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Ask the oracle
    Oracle {
        /// The question
        #[arg(allow_hyphen_values = true)]
        question: Option<String>,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Ask for the product of the primes around a number
    Primes {
        /// The number
        #[arg(allow_hyphen_values = true)]
        number: Option<String>,
        /// Send it as 8 bytes (struct q) and not as 4 (struct i)
        #[arg(long)]
        wide: bool,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Ask for the divisors of a number
    Divisors {
        /// The number, above 0
        #[arg(allow_hyphen_values = true)]
        number: Option<String>,
        /// How the server sends the list
        #[arg(long, default_value = "json")]
        encoding: Encoding,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Send a person as a JSON object
    Person {
        /// The name
        #[arg(long, allow_hyphen_values = true)]
        nome: Option<String>,
        /// The age
        #[arg(long, allow_hyphen_values = true)]
        idade: Option<String>,
        /// The address
        #[arg(long, allow_hyphen_values = true)]
        email: Option<String>,
        #[command(flatten)]
        server: ServerArgs,
    },
}

/// What to do with products.
#[derive(Debug, Subcommand)]
pub(super) enum ProductsCommand {
    /// Add a product, and check that the server has it
    Add {
        /// Its code, a number or a text
        #[arg(allow_hyphen_values = true)]
        code: Option<String>,
        /// Its name
        #[arg(allow_hyphen_values = true)]
        name: Option<String>,
        /// Its price, such as 2.50 or 2,50
        #[arg(allow_hyphen_values = true)]
        price: Option<String>,
        #[command(flatten)]
        server: ProductServerArgs,
    },
    /// List all products
    List(ProductServerArgs),
    /// Find the newest product with a code
    Find {
        /// The code
        #[arg(allow_hyphen_values = true)]
        code: Option<String>,
        #[command(flatten)]
        server: ProductServerArgs,
    },
    /// End the connection, and a server of version 4
    End(ProductServerArgs),
}

/// What to do with the bank of questions.
#[derive(Debug, Subcommand)]
pub(super) enum BankCommand {
    /// Replace all questions by those of a file
    Import {
        /// A JSON list of {"_id", "statement", "options", "answer"}, where the answer is the place
        /// of the right option, counted from 0; `-` is stdin
        file: PathBuf,
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Write all questions to stdout, as `import` takes them; answers are counted from 0
    Export(DatabaseArgs),
    /// Replace all questions by the report's ten
    Reset(DatabaseArgs),
}

#[derive(Debug, Args)]
pub(super) struct ServerArgs {
    /// The server [default: this machine at the lesson's port]
    #[arg(long, value_name = "HOST[:PORT]")]
    connect: Option<String>,

    /// Keep trying for this long if nobody answers
    #[arg(long, value_name = "SECONDS", allow_hyphen_values = true)]
    wait: Option<String>,

    /// Show every byte that is sent and received
    #[arg(long)]
    trace: bool,
}

#[derive(Debug, Args)]
pub(super) struct ProductServerArgs {
    #[command(flatten)]
    server: ServerArgs,

    /// The server is of version 4: check by `listar` instead of `consultar`, and do not send
    /// `terminar`, which would end it
    #[arg(long)]
    v4: bool,
}

impl ServerArgs {
    /// Settings for a lesson's client that needs nothing more.
    fn join(self, lesson: Lesson, dialogue: impl Dialogue + 'static) -> Result<LabSettings, Error> {
        let port = lesson.port().to_string();
        let typed = self.connect.unwrap_or_else(|| "127.0.0.1".into());
        let calling = endpoint::calling(&typed, &port);
        let (host, port) = calling.ok_or(Usage::Connect(typed))?;
        let patience = self.wait.map(|typed| seconds(typed, 0, "--wait"));
        Ok(LabSettings::Join(LabJoinSettings {
            host,
            port,
            patience: patience.transpose()?.unwrap_or_default(),
            dialogue: Box::new(dialogue),
            trace: Trace::of(self.trace),
        }))
    }

    /// Settings for a lesson's client that is made from values typed now or later.
    fn fill<D: Dialogue + 'static>(
        self,
        lesson: Lesson,
        fields: Vec<FormField>,
        make: impl Fn(&[String]) -> Option<D> + Send + 'static,
    ) -> Result<LabSettings, Error> {
        let make = move |answers: &[String]| -> Option<Box<dyn Dialogue>> {
            Some(Box::new(make(answers)?))
        };
        let form = Form::new(fields, make);
        let form =
            form.map_err(|InvalidAnswer { field, typed }| LabUsage::Field { typed, field })?;
        self.join(lesson, form)
    }
}

impl TryFrom<ClientCommand> for LabSettings {
    type Error = Error;

    fn try_from(command: ClientCommand) -> Result<Self, Error> {
        match command {
            ClientCommand::Hello(server) => server.join(Lesson::Hello, hello::Client),
            ClientCommand::Exchange(server) => server.join(Lesson::Exchange, exchange::Client),
            ClientCommand::Object {
                fields,
                class,
                server,
            } => {
                let client = object::Client::of(class, &fields).map_err(LabUsage::Assignment)?;
                server.join(Lesson::Object, client)
            }
            ClientCommand::Products { command, server } => {
                command.unwrap_or(ProductsCommand::List(server)).try_into()
            }
            ClientCommand::Quiz { command, server } => match command {
                Some(command) => command.try_into(),
                None => server.join(Lesson::Quiz, quiz::client::Client::default()),
            },
            ClientCommand::Uppercase { text, server } => {
                let make = |typed: &[String]| Some(uppercase::Client(typed.first()?.clone()));
                server.fill(Lesson::Uppercase, vec![Field::Text.typed(text)], make)
            }
            ClientCommand::Oracle { question, server } => {
                let make = |typed: &[String]| Some(oracle::Client(typed.first()?.clone()));
                server.fill(Lesson::Oracle, vec![Field::Question.typed(question)], make)
            }
            ClientCommand::Primes {
                number,
                wide,
                server,
            } => {
                let bytes = if wide { 8 } else { 4 };
                let make = move |typed: &[String]| {
                    let number = primes::parse(typed.first()?, bytes)?;
                    Some(primes::Client { number, bytes })
                };
                let fields = vec![Field::Integer(bytes).typed(number)];
                server.fill(Lesson::Primes, fields, make)
            }
            ClientCommand::Divisors {
                number,
                encoding,
                server,
            } => {
                let make = move |typed: &[String]| {
                    let number = typed.first()?.parse().ok()?;
                    Some(divisors::Client { number, encoding })
                };
                server.fill(Lesson::Divisors, vec![Field::Positive.typed(number)], make)
            }
            ClientCommand::Person {
                nome,
                idade,
                email,
                server,
            } => {
                let fields = [
                    (Field::Nome, nome),
                    (Field::Idade, idade),
                    (Field::Email, email),
                ];
                let fields = fields.map(|(field, typed)| field.typed(typed));
                server.fill(Lesson::Person, fields.into(), person)
            }
        }
    }
}

fn person(typed: &[String]) -> Option<person::Client> {
    let [nome, idade, email] = typed else {
        return None;
    };
    let (nome, idade, email) = (nome.clone(), idade.parse().ok()?, email.clone());
    Some(person::Client(person::Person { nome, idade, email }))
}

impl TryFrom<ProductsCommand> for LabSettings {
    type Error = Error;

    fn try_from(command: ProductsCommand) -> Result<Self, Error> {
        match command {
            ProductsCommand::Add {
                code,
                name,
                price,
                server: ProductServerArgs { server, v4 },
            } => {
                let fields = vec![
                    Field::Code.typed(code),
                    Field::ProductName.typed(name),
                    Field::Price.typed(price),
                ];
                let make = move |typed: &[String]| {
                    let [code, name, price] = typed else {
                        return None;
                    };
                    let product = Product {
                        codigo: Code::parse(code)?,
                        nome: name.clone(),
                        preco: Price::parse(price)?,
                    };
                    Some(products::Client::new(Request::Add(product), version(v4)))
                };
                server.fill(Lesson::Products, fields, make)
            }
            ProductsCommand::List(ProductServerArgs { server, v4 }) => server.join(
                Lesson::Products,
                products::Client::new(Request::List, version(v4)),
            ),
            ProductsCommand::Find {
                code,
                server: ProductServerArgs { server, v4 },
            } => {
                let make = move |typed: &[String]| {
                    let code = Code::parse(typed.first()?)?;
                    Some(products::Client::new(Request::Find(code), version(v4)))
                };
                server.fill(Lesson::Products, vec![Field::Code.typed(code)], make)
            }
            ProductsCommand::End(ProductServerArgs { server, v4 }) => server.join(
                Lesson::Products,
                products::Client::new(Request::End, version(v4)),
            ),
        }
    }
}

impl TryFrom<BankCommand> for LabSettings {
    type Error = Error;

    fn try_from(command: BankCommand) -> Result<Self, Error> {
        let (act, database) = match command {
            BankCommand::Import { file, database } => {
                let source = match file.as_os_str() == "-" {
                    true => QuestionSource::Stdin,
                    false => QuestionSource::File(file),
                };
                (BankAct::Import(source), database)
            }
            BankCommand::Export(database) => (BankAct::Export, database),
            BankCommand::Reset(database) => (BankAct::Reset, database),
        };
        let database = database.database()?;
        Ok(Self::Bank(BankSettings { database, act }))
    }
}
